import { afterEach, describe, expect, it, vi } from "vitest";
import { BodyMemory, mostReusedBytes } from "./body-memory.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("BodyMemory", () => {
  it("lends the same memory again once it was given back, also for bodies of another length", () => {
    const memory = new BodyMemory();
    const first = memory.take(200_000);
    expect(first).toHaveLength(200_000);
    const other = memory.take(200_000);
    expect(other.buffer).not.toBe(first.buffer);
    memory.giveBack(first.subarray(7, 20));
    expect(memory.take(150_000).buffer).toBe(first.buffer);
    expect(memory.take(150_000).buffer).not.toBe(first.buffer);
  });

  it("takes memory back once, and none that is not its own", () => {
    const memory = new BodyMemory();
    const body = memory.take(20_000);
    memory.giveBack(body);
    memory.giveBack(body);
    memory.giveBack(Buffer.allocUnsafeSlow(32_768));
    const [first, second] = [memory.take(20_000), memory.take(20_000)];
    expect(first.buffer).toBe(body.buffer);
    expect(second.buffer).not.toBe(body.buffer);
  });

  it.each([0, 100, mostReusedBytes + 1])("does not keep the memory of a body of %i bytes", (bytes) => {
    const memory = new BodyMemory();
    const body = memory.take(bytes);
    expect(body).toHaveLength(bytes);
    memory.giveBack(body);
    expect(memory.take(bytes).buffer).not.toBe(body.buffer);
  });

  it("makes room for what is wanted now", () => {
    const memory = new BodyMemory();
    const small = Array.from({ length: 600 }, () => memory.take(10_000));
    for (const body of small) memory.giveBack(body);
    const known = new Set<ArrayBufferLike>();
    for (let round = 0; round < 10; round += 1) {
      const body = memory.take(200_000);
      known.add(body.buffer);
      memory.giveBack(body);
    }
    expect(known.size).toBe(1);
  });

  it("keeps nothing when no body comes for a while", () => {
    vi.useFakeTimers();
    const memory = new BodyMemory();
    const body = memory.take(200_000);
    memory.giveBack(body);
    vi.advanceTimersByTime(10_000);
    const again = memory.take(200_000);
    expect(again.buffer).toBe(body.buffer);
    memory.giveBack(again);
    vi.advanceTimersByTime(20_000);
    expect(vi.getTimerCount()).toBe(0);
    expect(memory.take(200_000).buffer).not.toBe(body.buffer);
  });

  it("keeps no more than 8 MiB for later", () => {
    const memory = new BodyMemory();
    const bodies = Array.from({ length: 20 }, () => memory.take(mostReusedBytes));
    for (const body of bodies) memory.giveBack(body);
    const known = new Set<ArrayBufferLike>(bodies.map(({ buffer }) => buffer));
    const again = Array.from({ length: 20 }, () => memory.take(mostReusedBytes));
    expect(again.filter(({ buffer }) => known.has(buffer))).toHaveLength(8);
  });
});
