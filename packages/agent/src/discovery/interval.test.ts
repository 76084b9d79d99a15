import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { everyInterval } from "./interval.ts";

describe("everyInterval", () => {
  it("works at once, never twice at the same time, and leaves out what it missed", async () => {
    const stop = new AbortController();
    const begins: number[] = [];
    const from = performance.now();
    let working = 0;
    await everyInterval(50, stop.signal, async () => {
      expect((working += 1)).toBe(1);
      begins.push(performance.now() - from);
      if (begins.length === 1) await sleep(70);
      if (begins.length === 3) stop.abort();
      working -= 1;
    });
    const [first = 0, second = 0, third = 0] = begins;
    expect(first).toBeLessThan(50);
    expect(second).toBeGreaterThanOrEqual(98);
    expect(third - second).toBeLessThan(80);
  });

  it("can wait longer than a timer, and stops at once", async () => {
    const stop = new AbortController();
    let calls = 0;
    const done = everyInterval(Infinity, stop.signal, async () => {
      calls += 1;
    });
    await sleep(20);
    stop.abort();
    await done;
    expect(calls).toBe(1);
  });

  it("passes on what the work throws", async () => {
    await expect(everyInterval(10, new AbortController().signal, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  });
});
