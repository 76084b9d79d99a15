import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigPathError, readSources } from "./sources.ts";

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flameline-sources-"));
  const conf = join(folder, "conf");
  await mkdir(join(conf, "sub.alloy"), { recursive: true });
  await writeFile(join(conf, "b.alloy"), 'a "b" { }');
  await writeFile(join(folder, "linked"), 'a "linked" { }');
  await symlink(join(folder, "linked"), join(conf, "a.alloy"));
  await writeFile(join(conf, "ignored.river"), "nonsense {");
  await symlink(conf, join(folder, "link-to-conf"));
  await mkdir(join(folder, "empty"));
  await writeFile(join(folder, "utf16.alloy"), Buffer.from([0xff, 0xfe, 0x61, 0]));
  await writeFile(join(folder, "broken.alloy"), "x {\n");
  await writeFile(join(folder, "attributes.alloy"), "foo = 1\nbar = 2\n");
});

afterAll(() => rm(folder, { recursive: true }));

const names = async (path: string): Promise<readonly string[]> => (await readSources(join(folder, path))).sources.map(({ name }) => name);

describe("readSources()", () => {
  it("reads one file under the name as given", async () => {
    const { sources, diagnostics } = await readSources(join(folder, "linked"));
    expect(sources.map(({ text }) => text)).toEqual(['a "linked" { }']);
    expect(diagnostics).toEqual([]);
  });

  it("reads the .alloy files of a directory in order of their names, also through links", async () => {
    const files = ["a.alloy", "b.alloy"];
    expect(await names("conf")).toEqual(files.map((name) => join(folder, "conf", name)));
    expect(await names("link-to-conf")).toEqual(files.map((name) => join(folder, "link-to-conf", name)));
    expect(await names("empty")).toEqual([]);
  });

  it("says why something cannot be read", async () => {
    const missing = join(folder, "missing.alloy");
    await expect(readSources(missing)).rejects.toThrow(`reading config path "${missing}": stat ${missing}: no such file or directory`);
    await expect(readSources(join(folder, "utf16.alloy"))).rejects.toMatchObject({
      constructor: ConfigPathError,
      reason: "configuration is encoded with UTF16LittleEndian but must be utf8",
    });
  });

  it("reports syntax errors, and of attributes at the top level the first", async () => {
    expect((await readSources(join(folder, "broken.alloy"))).diagnostics.map(({ message }) => message)).toEqual(["expected }, got EOF"]);
    expect((await readSources(join(folder, "attributes.alloy"))).diagnostics.map(({ message }) => message)).toEqual([
      "unrecognized attribute foo",
    ]);
  });
});
