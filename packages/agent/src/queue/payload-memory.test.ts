import { beforeEach, describe, expect, it } from "vitest";
import { PayloadMemory } from "./payload-memory.ts";
import { RecentPayloads, recentPayloadsLimitBytes } from "./recent-payloads.ts";

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
    recent.release(1);
    expect(add(4)).toBe(other);
    expect(recent.read(2)).toEqual(filled(2));
    recent.release(2);
    expect(add(5)).toBe(first);
  });

  it("is not used again after a record in it was read and put back, but its rest is", () => {
    const first = add(1);
    const read = recent.read(1);
    recent.putBack(1);
    expect(recent.read(1)).toEqual(filled(1));
    recent.putBack(1);
    expect(add(2)).toBe(first);
    for (const slot of [1, 2]) recent.release(slot);
    for (let slot = 3; slot < 9; slot += 1) {
      expect(add(slot)).not.toBe(first);
      recent.release(slot);
    }
    expect(read).toEqual(filled(1));
  });

  it("takes one chunk for many records that are put back one after the other", () => {
    const chunks = new Set(
      Array.from({ length: 500 }, (_, slot) => {
        const chunk = add(slot, 20_000);
        recent.read(slot);
        recent.putBack(slot);
        return chunk;
      }),
    );
    expect(chunks.size).toBe(5);
  });

  it("lets go of the oldest when there is too much, but not of what is being read", () => {
    const slots = Array.from({ length: 20 }, (_, index) => index + 1);
    for (const slot of slots) {
      add(slot);
      if (slot === 1) recent.read(slot);
    }
    expect(memory.keptBytes).toBeLessThanOrEqual(recentPayloadsLimitBytes);
    expect(slots.filter((slot) => recent.read(slot) === undefined)).toEqual([2, 3, 4, 5, 6]);
    for (const slot of slots.slice(1)) recent.release(slot);
    for (const slot of slots) add(slot + 20);
    expect(recent.read(1)).toEqual(filled(1));
  });

  it("keeps what was just added however much waits for the disk or is being read", () => {
    const waiting = Array.from({ length: 60 }, () => memory.hold([filled(9)], million));
    expect(memory.keptBytes).toBe(0);
    add(1);
    expect(recent.read(1)).toEqual(filled(1));
    for (let slot = 2; slot < 60; slot += 1) {
      add(slot);
      expect(recent.read(slot)).toBeDefined();
    }
    for (const payload of waiting) memory.release(payload);
    add(60);
    expect(recent.read(60)).toBeDefined();
  });

  it("is let go of when it was not used for a while", () => {
    const used = new Set([1, 2, 3, 4, 5, 6].map((slot) => add(slot)));
    expect(used.size).toBe(3);
    for (let slot = 1; slot <= 6; slot += 1) recent.release(slot);
    memory.trim();
    memory.trim();
    const again = [1, 2, 3, 4, 5, 6].map((slot) => add(slot));
    // One chunk stays for what comes next.
    expect(new Set(again.filter((buffer) => used.has(buffer))).size).toBe(1);
  });

  it("of a large payload is its own and goes with it", () => {
    const bytes = 5 * million;
    const large = add(1, bytes);
    expect(large.byteLength).toBe(bytes);
    expect(memory.keptBytes).toBe(bytes);
    recent.release(1);
    expect(memory.keptBytes).toBe(0);
    expect(add(2, bytes)).not.toBe(large);
  });
});
