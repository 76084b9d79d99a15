import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openQueue } from "./open-queue.ts";
import type { Lease, Queue, QueueLoss } from "./queue.ts";

/** Nothing here waits longer than a take that finds nothing. */
const aborted = AbortSignal.abort();

/** What the queue must do, as plainly as it can be said. */
class Model {
  readonly waiting = new Map<string, { readonly tenant: string; readonly units: number }>();
  readonly leased = new Map<string, Leased>();
  /** Of records that were put back: who held them may not be through with them. */
  readonly putBack: Leased[] = [];
}

interface Leased {
  readonly lease: Lease;
  readonly payload: Uint8Array;
  /** What the payload says, and must go on saying. */
  readonly text: string;
}

class Real {
  queue: Queue;
  readonly folder: string;
  readonly losses: QueueLoss[];
  next = 0;

  constructor(folder: string, queue: Queue, losses: QueueLoss[]) {
    this.folder = folder;
    this.queue = queue;
    this.losses = losses;
  }
}

async function open(folder: string, losses: QueueLoss[]) {
  return openQueue({
    folder,
    maxBytes: 4 * 1024 * 1024,
    segmentBytes: 32_768,
    maxAgeMs: 1e9,
    syncMs: 5,
    onLoss: (loss) => losses.push(loss),
  });
}

type Command = fc.AsyncCommand<Model, Real>;

class Append implements Command {
  readonly tenant: string;
  readonly sizes: readonly number[];

  constructor(tenant: string, sizes: readonly number[]) {
    this.tenant = tenant;
    this.sizes = sizes;
  }

  check = (): boolean => true;
  toString = (): string => `append ${this.sizes.length} of ${this.tenant}`;

  async run(model: Model, real: Real): Promise<void> {
    await Promise.all(
      this.sizes.map(async (size, units) => {
        const id = `${real.next++}`;
        await real.queue.append({
          tenant: this.tenant,
          createdAt: Date.now(),
          units,
          payload: [Buffer.from(`${id} `), Buffer.alloc(size, 120)],
        });
        model.waiting.set(id, { tenant: this.tenant, units });
      }),
    );
    expectSame(model, real.queue);
  }
}

class Take implements Command {
  check = ({ waiting }: Readonly<Model>): boolean => waiting.size > 0;
  toString = (): string => "take";

  async run(model: Model, real: Real): Promise<void> {
    const lease = await real.queue.take(AbortSignal.timeout(2000));
    expect(lease).toBeDefined();
    if (lease === undefined) return;
    const payload = await lease.payload();
    const text = Buffer.from(payload).toString();
    expect(text).toMatch(/^\d+ x*$/);
    const id = text.split(" ")[0] ?? "";
    expect({ tenant: lease.tenant, units: lease.units }).toEqual(model.waiting.get(id));
    model.waiting.delete(id);
    model.leased.set(id, { lease, payload, text });
    expectSame(model, real.queue);
  }
}

class End implements Command {
  readonly pick: number;
  readonly how: "done" | "retry";

  constructor(pick: number, how: "done" | "retry") {
    this.pick = pick;
    this.how = how;
  }

  check = ({ leased }: Readonly<Model>): boolean => leased.size > 0;
  toString = (): string => this.how;

  async run(model: Model, real: Real): Promise<void> {
    const [id, leased] = [...model.leased][this.pick % model.leased.size] ?? [];
    if (id === undefined || leased === undefined) return;
    const { lease } = leased;
    model.leased.delete(id);
    if (this.how === "done") lease.done();
    else {
      model.putBack.push(leased);
      model.waiting.set(id, { tenant: lease.tenant, units: lease.units });
      lease.retry({ at: Date.now() });
    }
    expectSame(model, real.queue);
  }
}

class Reopen implements Command {
  check = (): boolean => true;
  toString = (): string => "close and open";

  async run(model: Model, real: Real): Promise<void> {
    await real.queue.close();
    const { queue, recovered, problems } = await open(real.folder, real.losses);
    real.queue = queue;
    for (const [id, { lease }] of model.leased) model.waiting.set(id, { tenant: lease.tenant, units: lease.units });
    model.leased.clear();
    expect(problems).toEqual([]);
    expect(recovered.records).toBe(model.waiting.size);
    expectSame(model, queue);
  }
}

function expectSame(model: Model, queue: Queue): void {
  const kept = [...model.waiting.values(), ...model.leased.values().map(({ lease }) => lease)];
  const units = kept.reduce((sum, one) => sum + one.units, 0);
  const tenants = new Set(kept.map(({ tenant }) => tenant));
  for (const { payload, text } of [...model.leased.values(), ...model.putBack]) expect(Buffer.from(payload).toString() === text).toBe(true);
  const { stats } = queue;
  expect({ records: stats.records, units: stats.units, tenants: stats.tenants }).toEqual({
    records: model.waiting.size + model.leased.size,
    units,
    tenants: tenants.size,
  });
  expect(stats.fileBytes).toBeGreaterThanOrEqual(stats.bytes);
}

describe("a queue", () => {
  it("holds what was put in and not done, whatever happens in whatever order", { timeout: 120_000 }, async () => {
    const size = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 5000, max: 50_000 }));
    const commands = [
      fc.tuple(fc.constantFrom("", "a", "b", "c"), fc.array(size, { minLength: 1, maxLength: 6 })).map((args) => new Append(...args)),
      fc.constant(new Take()),
      fc.constant(new Take()),
      fc.tuple(fc.nat(), fc.constantFrom("done" as const, "done" as const, "retry" as const)).map((args) => new End(...args)),
      fc.constant(new Reopen()),
    ];
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 60, size: "max" }), async (list) => {
        const folder = await mkdtemp(join(tmpdir(), "flameline-queue-model-"));
        const losses: QueueLoss[] = [];
        const real = new Real(folder, (await open(folder, losses)).queue, losses);
        try {
          await fc.asyncModelRun(() => ({ model: new Model(), real }), list);
          expect(losses).toEqual([]);
          expect(await real.queue.take(aborted)).toBeUndefined();
        } finally {
          await real.queue.close();
          await rm(folder, { recursive: true });
        }
      }),
      { numRuns: 40 },
    );
  });
});
