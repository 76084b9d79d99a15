import { Labels } from "@flameline/profile";
import { describe, expect, it, vi } from "vitest";
import { DeliveryMemory } from "./delivery-memory.ts";
import type { Profile } from "./profile.ts";
import { DeliveryError } from "./receiver.ts";

const outage = new DeliveryError("no answer", { code: "unavailable", retryable: true });
const refusal = new DeliveryError("bad labels", { code: "invalid_argument", retryable: false });

function profile(data: string, labels: Record<string, string> = { service_name: "shop" }): Profile {
  return { id: "", labels: Labels.of(labels), body: { kind: "pprof", data: Buffer.from(data) }, receivedAt: 0 };
}

function ingest(query: string): Profile {
  return {
    id: "",
    labels: Labels.of({ service_name: "shop" }),
    body: { kind: "ingest", path: "/ingest", query, contentTypes: [], data: Buffer.from("x") },
    receivedAt: 0,
  };
}

/** Runs a call in which `good` takes the profiles and `bad` does not. */
async function failPartly(memory: DeliveryMemory, profiles: readonly Profile[], good: object, error = outage): Promise<void> {
  const call = memory.begin();
  await call.once(good, profiles, () => Promise.resolve());
  expect(await call.once({}, profiles, () => Promise.reject(outage))).toEqual([outage]);
  call.end([error]);
}

async function isDelivered(memory: DeliveryMemory, profiles: readonly Profile[], taker: object): Promise<boolean> {
  let delivered = false;
  await memory.begin().once(taker, profiles, () => {
    delivered = true;
    return Promise.resolve();
  });
  return delivered;
}

describe("DeliveryMemory", () => {
  const good = {};

  it("does not hand out again what was taken in a call that failed elsewhere", async () => {
    const memory = new DeliveryMemory();
    await failPartly(memory, [profile("a")], good);
    expect(await isDelivered(memory, [profile("a")], good)).toBe(false);
    expect(await isDelivered(memory, [profile("a")], {})).toBe(true);
  });

  it.each([
    ["other content", [profile("b")]],
    ["other labels", [profile("a", { service_name: "other" })]],
    ["more", [profile("a"), profile("a")]],
  ])("takes %s for something new", async (_, other) => {
    const memory = new DeliveryMemory();
    await failPartly(memory, [profile("a")], good);
    expect(await isDelivered(memory, other, good)).toBe(true);
  });

  it("tells requests to /ingest apart by their query", async () => {
    const memory = new DeliveryMemory();
    await failPartly(memory, [ingest("from=1")], good);
    expect(await isDelivered(memory, [ingest("from=2")], good)).toBe(true);
    expect(await isDelivered(memory, [ingest("from=1")], good)).toBe(false);
  });

  it("remembers for a sender that went away before it heard of a failure", async () => {
    const memory = new DeliveryMemory();
    await failPartly(memory, [profile("a")], good, new DeliveryError("gone", { code: "canceled", retryable: false }));
    expect(await isDelivered(memory, [profile("a")], good)).toBe(false);
  });

  it("remembers nothing when the sender must not repeat", async () => {
    const memory = new DeliveryMemory();
    const call = memory.begin();
    await call.once(good, [profile("a")], () => Promise.resolve());
    call.end([refusal]);
    expect(await isDelivered(memory, [profile("a")], good)).toBe(true);
  });

  it("forgets when everybody has it, and after a while", async () => {
    let now = 0;
    const memory = new DeliveryMemory(() => now);
    await failPartly(memory, [profile("a")], good);
    await failPartly(memory, [profile("b")], good);
    const repeated = memory.begin();
    await repeated.once(good, [profile("a")], () => expect.unreachable("it has it"));
    repeated.end([]);
    expect(await isDelivered(memory, [profile("a")], good)).toBe(true);
    now += 16 * 60_000;
    expect(await isDelivered(memory, [profile("b")], good)).toBe(true);
  });

  it("remembers at most 10,000", async () => {
    const memory = new DeliveryMemory();
    for (let index = 0; index < 10_001; index += 1) await failPartly(memory, [profile(String(index))], good);
    expect(await isDelivered(memory, [profile("0")], good)).toBe(true);
    expect(await isDelivered(memory, [profile("1")], good)).toBe(false);
  });

  it("looks into nothing any more once all that it remembered is old", async () => {
    let now = 0;
    const memory = new DeliveryMemory(() => now);
    await failPartly(memory, [profile("a")], good);
    now += 16 * 60_000;
    const read = vi.fn(() => Buffer.from("b"));
    const body = {
      kind: "pprof",
      get data() {
        return read();
      },
    } as const;
    const call = memory.begin();
    await call.once(good, [{ ...profile("b"), body }], () => Promise.resolve());
    call.end([]);
    expect(read).not.toHaveBeenCalled();
  });
});
