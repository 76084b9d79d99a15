import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Collector, flameline } from "../support/flameline.ts";
import waiting from "../../examples/waiting.json" with { type: "json" };

const folder = join(import.meta.dirname, "../../examples");
const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
const pathOf = (name: string): string => join(folder, name, "config.alloy");

describe("examples", () => {
  const ready = names.filter((name) => !(name in waiting));

  it.each(ready)("%s runs", async (name) => {
    await using collector = await Collector.start({ path: pathOf(name) });
    expect(await collector.text("/-/healthy")).toContain("healthy");
  });

  it.each(ready)("%s is valid, or only warned about for a deprecated function", async (name) => {
    const { code, stderr } = await flameline(["validate", pathOf(name)]);
    const deprecated = /\b(?<!sys\.)env\(/.test(readFileSync(pathOf(name), "utf8"));
    if (deprecated) expect(stderr).toContain("deprecated");
    else expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  it.each(Object.entries(waiting))("%s waits for %s", async (name) => {
    const { code, stderr } = await flameline(["validate", "--stability.level=experimental", pathOf(name)]);
    expect(code).toBe(1);
    expect(stderr).toContain("cannot find the definition of component name");
  });

  it.each(names)("%s is formatted and has a README", async (name) => {
    expect((await flameline(["fmt", "--test", pathOf(name)])).stderr).toBe("");
    expect(existsSync(join(folder, name, "README.md"))).toBe(true);
  });
});
