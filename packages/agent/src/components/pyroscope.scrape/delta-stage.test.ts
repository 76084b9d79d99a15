import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { DeltaStage } from "./delta-stage.ts";
import { heapProfile, sampleValues } from "./testing/heap-profile.ts";

describe("DeltaStage", () => {
  it("subtracts what got through, and repeats what did not", async () => {
    const stage = new DeltaStage("memory", 1 << 20);
    expect(await stage.prepare(heapProfile(1, 1))).toBeUndefined();
    const second = await stage.prepare(gzipSync(heapProfile(3, 1)));
    expect(sampleValues(second?.data ?? new Uint8Array())).toEqual([[2, 20, 1, 10]]);
    expect(second?.rollback()).toBe(true);
    const third = await stage.prepare(heapProfile(6, 1));
    expect(sampleValues(third?.data ?? new Uint8Array())).toEqual([[5, 50, 1, 10]]);
    third?.commit();
    expect(sampleValues((await stage.prepare(heapProfile(7, 1)))?.data ?? new Uint8Array())).toEqual([[1, 10, 1, 10]]);
  });

  it("does not unpack a bomb, and keeps what it remembers", async () => {
    const stage = new DeltaStage("memory", 1 << 20);
    await stage.prepare(heapProfile(1, 1));
    const bomb = gzipSync(new Uint8Array(100 << 20));
    const before = process.memoryUsage.rss();
    await expect(stage.prepare(bomb)).rejects.toThrow("decompressing profile: ");
    expect(process.memoryUsage.rss() - before).toBeLessThan(50 << 20);
    expect(await stage.prepare(heapProfile(2, 1))).toBeDefined();
  });
});
