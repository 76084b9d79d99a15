import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixturesExist, fixturesFolder } from "../../../../tests/support/fixtures.ts";
import { TestProgram } from "./testing/test-program.ts";

const folder = join(fixturesFolder, "language/runtime");

/** Archives whose main configuration needs a block that the runtime refuses, by that block. None may be missing, none may run unnoticed. */
const waitingFor: Readonly<Record<string, readonly string[]>> = {
  "import.file": [
    "foreach_4",
    "import_file_1",
    "import_file_4",
    "import_file_6",
    "import_file_8",
    "import_file_11",
    "import_file_13",
    "import_file_15",
    "import_file_17",
    "import_file_20",
  ],
  "import.string": ["import_file_19", "import_error_1", "import_error_3", "import_error_5", "import_string_1"],
  foreach: ["foreach_1", "foreach_2", "foreach_6", "foreach_8", "foreach_11"],
};

/** The member `main.alloy` of an archive in the txtar format: files after lines `-- name --`. */
function mainOf(archive: string): string {
  const [, ...files] = archive.split(/^-- (?=\S+ --$)/m);
  return files.find((file) => file.startsWith("main.alloy --"))?.replace(/^.*\n/, "") ?? "";
}

describe.skipIf(!fixturesExist)("Archives of whole configurations", () => {
  const archives = new Map(globSync(`${folder}/*/*.txtar`).map((path) => [basename(path, ".txtar"), readFileSync(path, "utf8")]));

  it("all wait for something", () => {
    expect([...archives.keys()].toSorted()).toEqual(Object.values(waitingFor).flat().toSorted());
  });

  it.each(Object.entries(waitingFor).flatMap(([need, names]) => names.map((name) => [name, need] as const)))(
    "%s waits for %s",
    async (name, need) => {
      const diagnostics = await new TestProgram({ stability: "experimental" }).diagnose(mainOf(archives.get(name) ?? ""));
      const refusal = diagnostics.find(({ message }) => message === `${need} blocks are not supported yet`);
      expect(refusal?.source?.text.slice(refusal.range?.start)).toMatch(new RegExp(`^${RegExp.escape(need)} "`));
    },
  );
});
