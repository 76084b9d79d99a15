import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { glob, globBase, globMatcher, GlobPatternError } from "./glob.ts";

const files = ["1.log", ".h.log", "x/2.log", "x/y/3.txt", ".hid/4.log", "real/5.log", "we[ird].log", "é.log"];

describe("glob", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "glob-"));
    for (const file of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), "");
    }
    symlinkSync("real", join(folder, "link"));
    symlinkSync("..", join(folder, "x/up"));
    symlinkSync("nowhere", join(folder, "broken.log"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const find = async (pattern: string, dialect: "plain" | "extended") =>
    (await glob(join(folder, pattern), dialect)).map((path) => path.slice(folder.length + 1));

  // What Go's filepath.Glob finds in the same folder.
  it.each([
    ["*.log", [".h.log", "1.log", "broken.log", "we[ird].log", "é.log"]],
    ["*/*.log", [".hid/4.log", "link/5.log", "real/5.log", "x/2.log"]],
    ["**/*.log", [".hid/4.log", "link/5.log", "real/5.log", "x/2.log"]],
    ["?.log", ["1.log", "é.log"]],
    ["[0-9].log", ["1.log"]],
    ["[^0-9].log", ["é.log"]],
    ["we\\[ird\\].log", ["we[ird].log"]],
    ["1.{log,txt}", []],
    ["none/*", []],
    ["1.log/*", []],
    ["x/2.log", ["x/2.log"]],
    ["x/nothing", []],
  ])("finds %j like Go", async (pattern, paths) => expect(await find(pattern, "plain")).toEqual(paths));

  it.each([
    ["**/*.txt", ["x/y/3.txt"]],
    ["**/2.log", ["x/2.log"]],
    ["x/**/*.{log,txt}", ["x/2.log", "x/y/3.txt"]],
    ["{real,x/y}/*", ["real/5.log", "x/y/3.txt"]],
    ["{1,é}.log", ["1.log", "é.log"]],
    ["real/**", ["real/5.log"]],
    ["**/5.log", ["link/5.log", "real/5.log"]],
  ])("finds %j at any depth and by alternatives", async (pattern, paths) => {
    const found = await find(pattern, "extended");
    expect(found.filter((path) => !path.includes("up/"))).toEqual(paths);
    // The link that leads up again was followed, but not for ever.
    expect(found.every((path) => !path.includes("up/x/up"))).toBe(true);
  });

  it.each([
    ["[", "plain"],
    ["a[b-", "plain"],
    ["a\\", "plain"],
    ["{a", "extended"],
    ["a}", "extended"],
    ["{a,b}".repeat(12), "extended"],
  ] as const)("refuses %j", async (pattern, dialect) => {
    await expect(glob(pattern, dialect)).rejects.toThrow(GlobPatternError);
  });

  it("takes its time with many stars, but no more than that", async () => {
    const name = "a".repeat(200);
    writeFileSync(join(folder, name), "");
    const begin = performance.now();
    expect(await find(`${"*a".repeat(60)}b`, "plain")).toEqual([]);
    expect(await find("*a".repeat(60), "plain")).toEqual([name]);
    expect(performance.now() - begin).toBeLessThan(1000);
  });
});

describe("globBase", () => {
  it.each([
    ["/a/b/*.json", "/a/b"],
    ["/a/b/c.json", "/a/b"],
    ["/a/*/b/c.json", "/a"],
    ["/*.json", "/"],
    ["*.json", "."],
    ["a.json", "."],
    ["a/b[cd]/e", "a"],
  ])("%j begins in %j", (pattern, base) => expect(globBase(pattern, "plain")).toBe(base));
});

describe("globMatcher", () => {
  it.each([
    ["/a/**/*.log", "/a/b/c/d.log", true],
    ["/a/**/*.log", "/a/d.log", true],
    ["/a/**", "/a", true],
    ["/a/**", "/ab", false],
    ["/a/*.log", "/a/b/c.log", false],
    ["**/x/**/y", "/1/x/2/3/y", true],
    ["{/a,/b}/*.log", "/b/c.log", true],
    ["/a/b", "/a/b", true],
    ["/a/b", "/a/b/c", false],
  ])("%j and %j: %j", (pattern, path, matches) => expect(globMatcher(pattern, "extended")(path)).toBe(matches));

  it("does not take for ever with many stars", () => {
    const begin = performance.now();
    expect(globMatcher(`${"**/a/".repeat(20)}b`, "extended")("a/".repeat(60))).toBe(false);
    expect(performance.now() - begin).toBeLessThan(500);
  });
});
