/**
 * The disk queue: 20 KB records appended by 32 senders at the same time, taken and ended by 8. Beside it, in the same run, what the system asks for writing the
 * same bytes: a loop of writev and fdatasync. That loop is a limit and no peer: what the queue costs above it is its own.
 */
import { closeSync, fdatasync, openSync, rmSync, writev } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openQueue } from "../packages/agent/src/queue/open-queue.ts";
import type { Ratio } from "./ratio.ts";

const records = 20_000;
const senders = 32;
const takers = 8;
const repetitions = 3;
const body = Buffer.alloc(20_000, 7);

/** What a record may cost above the loop, in µs of CPU. */
const ownLimit = 20;

export async function queueRatios(): Promise<readonly Ratio[]> {
  const folder = await mkdtemp(join(tmpdir(), "flameline-bench-queue-"));
  try {
    const rows: { queue: number; loop: number; sync: number }[] = [];
    for (let i = 0; i < repetitions; i += 1) {
      const { cost: loop, syncMs: sync } = await loopCost(join(folder, "loop"));
      rows.push({ loop, sync, queue: await queueCost(join(folder, "queue")) });
    }
    const least = (pick: (row: (typeof rows)[number]) => number): number => Math.min(...rows.map(pick));
    const [queue, loop, sync] = [least((row) => row.queue), least((row) => row.loop), least((row) => row.sync)];
    console.log(
      `queue: ${queue.toFixed(1)} µs of CPU a record, the bare loop ${loop.toFixed(1)} µs; the disk writes and syncs ${senders} records in ${sync.toFixed(2)} ms`,
    );
    return [
      { name: "queue: append, take, done of 20 KB above the bare loop", ours: queue - loop, yardstick: ownLimit, unit: "µs", goal: 1 },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** CPU of the whole process per record, in µs. */
async function queueCost(folder: string): Promise<number> {
  const { queue } = await openQueue({ folder, maxBytes: 1e9, maxAgeMs: 3.6e6, concurrency: takers, onLoss: () => undefined });
  const stop = new AbortController();
  const taking = Array.from({ length: takers }, async () => {
    for (;;) {
      const lease = await queue.take(stop.signal);
      if (lease === undefined) return;
      await lease.payload();
      lease.done();
    }
  });
  const before = process.cpuUsage();
  let sent = 0;
  const append = async (): Promise<void> => {
    while (sent++ < records) await queue.append({ tenant: "", createdAt: Date.now(), units: 1, payload: [body] });
  };
  await Promise.all(Array.from({ length: senders }, append));
  while (queue.stats.records > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  const cost = costSince(before);
  stop.abort();
  await Promise.all(taking);
  await queue.close();
  return cost;
}

async function loopCost(path: string): Promise<{ readonly cost: number; readonly syncMs: number }> {
  const file = openSync(path, "w");
  const header = Buffer.alloc(48);
  const parts = Array.from({ length: senders }, () => [header, body]).flat();
  const bytes = senders * (header.length + body.length);
  const times: number[] = [];
  const before = process.cpuUsage();
  for (let i = 0; i < records; i += senders) {
    const from = performance.now();
    await new Promise<void>((resolve, reject) => {
      // As the queue does, within some segments.
      writev(file, parts, ((i / senders) % 100) * bytes, (error) => (error === null ? fdatasync(file, () => resolve()) : reject(error)));
    });
    times.push(performance.now() - from);
  }
  const cost = costSince(before);
  closeSync(file);
  return { cost, syncMs: times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0 };
}

function costSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / records;
}
