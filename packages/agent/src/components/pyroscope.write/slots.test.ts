import { describe, expect, it } from "vitest";
import { Slots } from "./slots.ts";

/** Whether a promise is settled after everything that is due now. */
async function isSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

describe("Slots", () => {
  it("has room for so many users", async () => {
    const slots = new Slots({ maxUsers: 2, maxBytes: 100 });
    const release = slots.take(1);
    slots.take(1);
    const free = slots.free();
    expect(await isSettled(free)).toBe(false);
    release();
    expect(await isSettled(free)).toBe(true);
  });

  it("has room for so many bytes, and for a larger one alone", async () => {
    const slots = new Slots({ maxUsers: 9, maxBytes: 100 });
    expect(await isSettled(slots.free())).toBe(true);
    const release = slots.take(500);
    const free = slots.free();
    expect(await isSettled(free)).toBe(false);
    release();
    expect(await isSettled(free)).toBe(true);
  });

  it("is idle when all are released", async () => {
    const slots = new Slots({ maxUsers: 9, maxBytes: 100 });
    const releases = [slots.take(1), slots.take(1)];
    const idle = slots.idle();
    releases[0]?.();
    expect(await isSettled(idle)).toBe(false);
    releases[1]?.();
    expect(await isSettled(idle)).toBe(true);
  });
});
