import { describe, expect, it } from "vitest";
import { BodyMemory, mostReusedBytes } from "./body-memory.ts";

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

  it("keeps no more than 8 MiB for later", () => {
    const memory = new BodyMemory();
    const bodies = Array.from({ length: 20 }, () => memory.take(mostReusedBytes));
    for (const body of bodies) memory.giveBack(body);
    const known = new Set<ArrayBufferLike>(bodies.map(({ buffer }) => buffer));
    const again = Array.from({ length: 20 }, () => memory.take(mostReusedBytes));
    expect(again.filter(({ buffer }) => known.has(buffer))).toHaveLength(8);
  });
});
