import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadIdentity, userAgent } from "./identity.ts";
import { goPlatform } from "./platform.ts";
import { version } from "./version.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "identity-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("loadIdentity()", () => {
  it("makes the storage directory and keeps the id in it", async () => {
    const storage = join(folder, "deep", "storage");
    const first = await loadIdentity(storage, "127.0.0.1:1");
    const second = await loadIdentity(storage, "127.0.0.1:2");
    expect(second).toEqual({ ...first, listenAddress: "127.0.0.1:2" });
    expect(readdirSync(storage)).toEqual(["alloy_seed.json"]);
    const seed = JSON.parse(readFileSync(join(storage, "alloy_seed.json"), "utf8")) as Record<string, string>;
    expect(seed["UID"]).toBe(first.uid);
    expect(seed["version"]).toBe(version);
    expect(Math.abs(Date.parse(seed["created_at"] ?? "") - Date.now())).toBeLessThan(10_000);
  });

  it("takes over the id of another collector's file", async () => {
    const uid = "7fbedef3-09cf-4d2b-9157-d7a8a86de0d7";
    writeFileSync(join(folder, "alloy_seed.json"), JSON.stringify({ UID: uid, created_at: "2026-01-01T00:00:00Z", version: "v1.0.0" }));
    expect((await loadIdentity(folder, "")).uid).toBe(uid);
  });

  it.each(["", "{", "[]", "null", '{"UID": 5}', '{"UID": "x y"}'])("replaces a file that holds %j", async (text) => {
    writeFileSync(join(folder, "alloy_seed.json"), text);
    const { uid } = await loadIdentity(folder, "");
    expect((await loadIdentity(folder, "")).uid).toBe(uid);
  });

  it("gives an id without storage", async () => {
    expect((await loadIdentity("", "")).uid).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ["a file in its place", (path: string) => writeFileSync(path, "")],
    ["a directory in the place of the seed file", (path: string) => mkdirSync(join(path, "alloy_seed.json"), { recursive: true })],
  ])("says which path cannot be used: %s", async (_, spoil) => {
    const storage = join(folder, "storage");
    spoil(storage);
    await expect(loadIdentity(storage, "")).rejects.toThrow(`storage path ${JSON.stringify(storage)} cannot be used: `);
  });
});

it("userAgent() names the program, its system and how it was installed", () => {
  expect(userAgent(undefined)).toBe(`flameline/${version} (${goPlatform.os}; binary)`);
  expect(userAgent("helm")).toBe(`flameline/${version} (${goPlatform.os}; helm)`);
  expect(userAgent("something else")).toBe(userAgent(undefined));
});
