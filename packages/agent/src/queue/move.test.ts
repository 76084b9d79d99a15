import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { moveQueue } from "./move.ts";
import { openQueue } from "./open-queue.ts";
import type { Queue } from "./queue.ts";

let storage: string;
let from: string;
let to: string;

beforeEach(async () => {
  storage = await mkdtemp(join(tmpdir(), "flameline-move-"));
  [from, to] = [join(storage, "from"), join(storage, "to")];
});

afterEach(async () => {
  await rm(storage, { recursive: true });
});

async function open(folder: string): Promise<Queue> {
  return (await openQueue({ folder, maxBytes: 1e9, maxAgeMs: Infinity, onLoss: () => undefined })).queue;
}

/** `count` records of a kilobyte each, in a queue that is closed then. */
async function fill(folder: string, count: number, tenant: string): Promise<void> {
  const queue = await open(folder);
  const payload = (index: number): Buffer[] => [Buffer.from(`${tenant} ${index} `), Buffer.alloc(1000, index)];
  await Promise.all(Array.from({ length: count }, (_, i) => queue.append({ tenant, createdAt: 5000 + i, units: 2, payload: payload(i) })));
  await queue.close();
}

interface Kept {
  readonly tenant: string;
  readonly createdAt: number;
  readonly units: number;
  readonly text: string;
}

/** Everything in a queue; it stays there. */
async function read(folder: string): Promise<Kept[]> {
  const { queue } = await openQueue({ folder, maxBytes: 1e9, maxAgeMs: Infinity, onLoss: () => undefined });
  const kept: Kept[] = [];
  for (let left = queue.stats.records; left > 0; left -= 1) {
    const lease = await queue.take(AbortSignal.timeout(5000));
    if (lease === undefined) throw new Error("there is less than the queue says");
    const { tenant, createdAt, units } = lease;
    kept.push({ tenant, createdAt, units, text: Buffer.from(await lease.payload()).toString("latin1") });
  }
  await queue.close();
  return kept.sort((a, b) => a.tenant.localeCompare(b.tenant) || a.createdAt - b.createdAt);
}

describe("moveQueue()", () => {
  it("moves everything with its tenant, time and units, to what is there already", async () => {
    await fill(from, 700, "a");
    await fill(from, 50, "b");
    await fill(to, 30, "c");
    const expected = [...(await read(from)), ...(await read(to))];
    expect(await moveQueue(from, to)).toEqual({ records: 750, units: 1500, lost: 0, problems: [] });
    expect(await read(to)).toEqual(expected);
    expect(await readdir(from)).toEqual([]);
  });

  it("goes on where it was interrupted", async () => {
    await fill(from, 600, "a");
    const expected = await read(from);
    const queue = await open(from);
    // As if it had moved some and ended.
    const target = await open(to);
    for (let moved = 0; moved < 100; moved += 1) {
      const lease = await queue.take(AbortSignal.timeout(1000));
      if (lease === undefined) break;
      const { tenant, createdAt, units } = lease;
      await target.append({ tenant, createdAt, units, payload: [await lease.payload()] });
      lease.done();
    }
    await Promise.all([queue.close(), target.close()]);
    expect((await moveQueue(from, to)).records).toBe(500);
    expect(await read(to)).toEqual(expected);
  });

  it("moves what is whole when something is damaged, keeps the damaged bytes and says what is lost", async () => {
    await fill(from, 10, "a");
    const path = join(from, "0000000001.segment");
    const bytes = await readFile(path);
    bytes[bytes.indexOf("a 7 ")] = 0;
    await writeFile(path, bytes);
    const { records, lost, problems } = await moveQueue(from, to);
    expect({ records, lost }).toEqual({ records: 9, lost: 1 });
    expect(problems).toEqual([expect.stringMatching(/are damaged, a record lost; set aside in /)]);
    expect(await readdir(from)).toEqual(["quarantine"]);
  });

  it("keeps the order of each tenant: room is made by the oldest", async () => {
    await fill(from, 600, "a");
    await moveQueue(from, to);
    const { queue } = await openQueue({ folder: to, maxBytes: 1e9, maxAgeMs: Infinity, newestEvery: Infinity, onLoss: () => undefined });
    const times: number[] = [];
    while (queue.stats.records > 0) {
      const lease = await queue.take(AbortSignal.timeout(1000));
      times.push(lease?.createdAt ?? 0);
      lease?.done();
    }
    await queue.close();
    expect(times).toEqual(Array.from({ length: 600 }, (_, index) => 5000 + index));
  });

  it("touches nothing while a process has one of them open", async () => {
    await fill(from, 3, "a");
    await fill(to, 3, "c");
    for (const folder of [from, to]) {
      const queue = await open(folder);
      expect(await moveQueue(from, to)).toMatchObject({
        records: 0,
        problems: [],
        error: { message: expect.stringMatching(/in use by/) as string },
      });
      await queue.close();
    }
    expect([(await read(from)).length, (await read(to)).length]).toEqual([3, 3]);
  });
});
