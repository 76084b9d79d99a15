import { beforeEach, describe, expect, it } from "vitest";
import { PayloadMemory } from "./payload-memory.ts";
import { payloadMemoryBytes, RecentPayloads } from "./recent-payloads.ts";

const million = 1_000_000;

let memory: PayloadMemory;
let recent: RecentPayloads;

beforeEach(() => {
  memory = new PayloadMemory();
  recent = new RecentPayloads(memory);
});

function filled(byte: number, bytes = million): Uint8Array {
  return Buffer.alloc(bytes, byte);
}

/** Enters a payload, and gives the memory in which it is. */
function add(slot: number, bytes = million): ArrayBufferLike {
  const payload = memory.hold([filled(slot, bytes)], bytes);
  recent.add(slot, payload);
  return payload.bytes.buffer;
}

describe("the memory of payloads", () => {
  it("is a copy of all parts, one behind the other", () => {
    const part = filled(1, 3);
    const { bytes } = memory.hold([part, new Uint8Array(), filled(2, 2)], 5);
    part.fill(9);
    expect([...bytes]).toEqual([1, 1, 1, 2, 2]);
  });

  it("is used again when all that is in it is done with", () => {
    const [first, second, other] = [add(1), add(2), add(3)];
    expect(second).toBe(first);
    expect(other).not.toBe(first);
    recent.finish(1);
    expect(add(4)).toBe(other);
    expect(recent.get(2)).toEqual(filled(2));
    recent.finish(2);
    expect(add(5)).toBe(first);
  });

  it("is not used again after a record in it was read and put back", () => {
    const first = add(1);
    const read = recent.get(1);
    recent.expose(1);
    expect(add(2)).not.toBe(first);
    recent.finish(1);
    for (let slot = 3; slot < 9; slot += 1) {
      add(slot);
      recent.finish(slot);
    }
    expect(read).toEqual(filled(1));
  });

  it("goes to the oldest last when it gets too much, but not from under who reads it", () => {
    const slots = Array.from({ length: 20 }, (_, index) => index + 1);
    add(1);
    const read = recent.get(1);
    for (const slot of slots.slice(1)) add(slot);
    expect(memory.heldBytes).toBeLessThanOrEqual(payloadMemoryBytes);
    expect(slots.filter((slot) => recent.get(slot) === undefined)).toEqual([1, 2, 3, 4]);
    expect(recent.get(20)).toEqual(filled(20));
    for (const slot of slots) recent.finish(slot);
    for (const slot of slots) add(slot + 20);
    expect(read).toEqual(filled(1));
  });

  it("is let go of when it was not used for a while", () => {
    const used = new Set([1, 2, 3, 4, 5, 6].map((slot) => add(slot)));
    expect(used.size).toBe(3);
    for (let slot = 1; slot <= 6; slot += 1) recent.finish(slot);
    memory.trim();
    memory.trim();
    const again = [1, 2, 3, 4, 5, 6].map((slot) => add(slot));
    // One chunk stays for what comes next.
    expect(new Set(again.filter((buffer) => used.has(buffer))).size).toBe(1);
    expect(memory.heldBytes).toBe(again.length * 1024 * 1024);
  });

  it("of a large payload is its own and goes with it", () => {
    const bytes = 5 * million;
    const large = add(1, bytes);
    expect(large.byteLength).toBe(bytes);
    expect(memory.heldBytes).toBe(bytes);
    recent.finish(1);
    expect(memory.heldBytes).toBe(0);
    expect(add(2, bytes)).not.toBe(large);
  });
});
