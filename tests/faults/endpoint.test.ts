/** The endpoint misbehaves for a while, in every way that servers have, and comes back. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Allowance } from "./fault-run.ts";
import { FaultRun } from "./fault-run.ts";
import type { Arrival, Misbehaviour } from "./faulty-sink.ts";
import { scaled, timeoutFor } from "./scale.ts";

const faultMs = scaled(5000, 60_000);
const timeout = timeoutFor(4 * faultMs, 3 * faultMs);

/** Healthy, then misbehaving, then healthy again. */
async function misbehaveFor(run: FaultRun, misbehave: (arrival: Arrival) => Misbehaviour | undefined): Promise<void> {
  await sleep(500);
  run.sink.misbehave = misbehave;
  await sleep(faultMs);
  run.sink.misbehave = () => undefined;
}

const passing: readonly [name: string, fault: Misbehaviour][] = [
  ["hangs", { kind: "hang" }],
  ["resets connections", { kind: "reset" }],
  ["answers half and closes", { kind: "half" }],
  ["answers slowly", { kind: "slow", ms: 1000 }],
  ["answers later than remote_timeout", { kind: "slow", ms: scaled(2500, 12_000) }],
  ["answers 500", { kind: "answer", status: 500 }],
  ["answers 408", { kind: "answer", status: 408 }],
];

describe.concurrent("an endpoint that misbehaves and comes back", () => {
  it.each(passing)("%s: everything arrives", { timeout }, async (name, fault) => {
    await using run = await FaultRun.start();
    await misbehaveFor(run, () => fault);
    const { expired, evicted, rejected } = await run.settle(`endpoint ${name}`);
    expect({ expired, evicted, rejected }).toEqual({ expired: 0, evicted: 0, rejected: 0 });
  });

  it("does not listen: everything arrives", { timeout }, async () => {
    await using run = await FaultRun.start();
    await sleep(500);
    await run.sink.down();
    await sleep(faultMs);
    await run.sink.up();
    await run.settle("endpoint does not listen");
  });

  it("answers 429 with Retry-After: is left alone for so long, and everything arrives", { timeout }, async () => {
    await using run = await FaultRun.start();
    const retryAfterMs = 2000;
    const asked: number[] = [];
    await misbehaveFor(run, () => {
      asked.push(Date.now());
      return { kind: "answer", status: 429, headers: { "retry-after": String(retryAfterMs / 1000) } };
    });
    const [first = 0] = asked;
    // What was under way with the first refusal is no new attempt.
    const later = asked.filter((at) => at > first + 300);
    expect(later.length).toBeGreaterThan(0);
    for (const [index, at] of later.entries()) expect(at - (later[index - 1] ?? first)).toBeGreaterThan(retryAfterMs * 0.9);
    await run.settle("endpoint answers 429 with Retry-After");
  });
});

describe.concurrent("an endpoint that refuses for good", () => {
  const final: readonly [status: number, reason: string][] = [
    [413, "http_413"],
    [401, "http_401"],
    [422, "http_422"],
  ];

  it.each(final)(
    "answers %i to some: those are rejected as %s, asked once each, and hold up nothing",
    { timeout },
    async (status, reason) => {
      await using run = await FaultRun.start();
      const refused = new Map<string, number>();
      await misbehaveFor(run, ({ ids: [id = ""] }) => {
        if (!id.endsWith("3")) return undefined;
        refused.set(id, (refused.get(id) ?? 0) + 1);
        return { kind: "answer", status };
      });
      const lost: Allowance["lost"] = ({ rejected }) => rejected;
      const { rejected, reasons } = await run.settle(`endpoint answers ${status} to some`, { lost });
      expect(reasons).toEqual({ [reason]: refused.size });
      expect(rejected).toBe(refused.size);
      expect([...refused.values()].every((times) => times === 1)).toBe(true);
      expect(run.senders.acknowledged.filter(({ id }) => !run.sink.taken.has(id)).map(({ id }) => id)).toEqual([...refused.keys()]);
    },
  );
});

describe("an endpoint that fails for one tenant", () => {
  it("answers 500 to it: the others are not delayed, and in the end everything arrives", { timeout }, async () => {
    await using run = await FaultRun.start({ senders: { rate: 40, tenants: ["ill", "well", "good", "fine"] } });
    await misbehaveFor(run, ({ tenant }) => (tenant === "ill" ? { kind: "answer", status: 500 } : undefined));
    const delays = run.senders.acknowledged.flatMap(({ id, tenant, acknowledgedAt = 0 }) => {
      const taken = run.sink.taken.get(id);
      return tenant === "ill" || taken === undefined ? [] : [taken.at - acknowledgedAt];
    });
    delays.sort((a, b) => a - b);
    const p99 = delays[Math.floor(delays.length * 0.99)] ?? Infinity;
    await run.settle("500 for one of four tenants", { note: `others: p99 from acknowledged to delivered ${p99} ms` });
    expect(delays.length).toBeGreaterThan((faultMs / 1000) * 20);
    expect(p99).toBeLessThan(1000);
    for (const { id, tenant } of run.senders.acknowledged) expect(run.sink.taken.get(id)?.tenant).toBe(tenant);
  });
});

describe("large profiles for an endpoint that does everything wrong", () => {
  /** A third of what comes is taken at once. */
  const faults: readonly (Misbehaviour | undefined)[] = [
    { kind: "hang" },
    { kind: "reset" },
    { kind: "half" },
    { kind: "answer", status: 500 },
    { kind: "slow", ms: 300 },
    undefined,
    undefined,
    undefined,
  ];

  it.each([true, false])("queue: %s: each profile arrives as it was sent, whose memory others have had", { timeout }, async (queue) => {
    await using run = await FaultRun.start({
      run: { queue },
      senders: { bytes: 400_000, rate: 40, tenants: ["a", "b", "c"], patienceMs: 120_000 },
    });
    let next = 0;
    await misbehaveFor(run, () => faults[(next += 3) % faults.length]);
    await run.settle(`endpoint does everything wrong, 200 KB (queue: ${queue})`);
  });
});
