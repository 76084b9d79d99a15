import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { fixturesExist, fixturesFolder } from "../../../../tests/support/fixtures.ts";
import { TestProgram } from "./testing/test-program.ts";

const folder = join(fixturesFolder, "language/runtime");

/** What the summation component of an archive ends with; without an entry it counts to 10. */
const sums: Readonly<Record<string, number>> = { foreach_6: 12 };

/** The members of an archive in the txtar format: files after lines `-- name --`. */
function membersOf(archive: string): ReadonlyMap<string, string> {
  const [, ...parts] = archive.split(/^-- (?=\S+ --$)/m);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf(" --")), part.slice(part.indexOf("\n") + 1)]));
}

const home = process.cwd();
let test: TestProgram | undefined;
let place = "";

/** The files of the archive in a directory of its own, which is the working directory: archives name their files relative to it. */
function unpack(members: ReadonlyMap<string, string>, prefix: string): void {
  for (const [name, text] of members) {
    if (!name.endsWith(".alloy") || name.startsWith("update/") !== (prefix !== "")) continue;
    const file = join(place, name.slice(prefix.length));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

afterEach(async () => {
  await test?.stop();
  test = undefined;
  process.chdir(home);
  rmSync(place, { recursive: true, force: true });
});

function summed(): unknown {
  const receiver = test?.runtime.inspect.component("testcomponents.summation_receiver.sum");
  if (receiver !== undefined) return test?.debugInfoOf("testcomponents.summation_receiver.sum")["sum"];
  return test?.exportsOf("testcomponents.summation.sum")["last_added"];
}

describe.skipIf(!fixturesExist)("Archives of whole configurations", () => {
  const archives = new Map(globSync(`${folder}/*/*.txtar`).map((path) => [basename(path, ".txtar"), readFileSync(path, "utf8")]));

  it.each([...archives.keys()])("%s", async (name) => {
    const members = membersOf(archives.get(name) ?? "");
    place = mkdtempSync(join(tmpdir(), "archive-"));
    process.chdir(place);
    unpack(members, "");
    const stability = name.startsWith("foreach") ? "experimental" : "public-preview";
    test = new TestProgram({ stability, modulePath: place });
    const problems = await test.load(members.get("main.alloy") ?? "");
    const refusal = members.get("error");
    if (refusal !== undefined) {
      expect(problems.join("\n")).toContain(refusal.trim());
      return;
    }
    expect(problems).toEqual([]);
    test.start();
    const sum = sums[name] ?? 10;
    await expect.poll(summed, { timeout: 5000 }).toBe(sum);
    if (![...members.keys()].some((member) => member.startsWith("update/"))) return;
    unpack(members, "update/");
    const updated = [...members.values()].some((text) => text.includes("-argument.input.value")) ? -sum : sum;
    await expect.poll(summed, { timeout: 5000 }).toBe(updated);
  });
});
