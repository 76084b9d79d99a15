import { openQueue } from "./open-queue.ts";
import type { Lease, Queue } from "./queue.ts";
import { QueueError } from "./queue.ts";

/** What is on its way at a time: enough for a sync to pay, and no more than fits in memory. */
const atOnce = { records: 256, bytes: 16 * 1024 * 1024 } as const;

export interface MoveResult {
  /** What is in the other queue now. */
  readonly records: number;
  readonly units: number;
  /** Records that turned out to be damaged; they are gone. */
  readonly lost: number;
  /** What was found wrong in either queue. It is told only once: who opens them next does not hear of it. */
  readonly problems: readonly string[];
  /** Why not all was moved. What was stays so. `io` while a process has one of them open. */
  readonly error?: QueueError;
}

/**
 * Moves everything that waits in the queue at `from` to the one at `to`, which is made when it is not there: with its tenants, times and units, the oldest of
 * a tenant first, whatever its age, and by no limit of either queue. When it is interrupted nothing is lost, and what was under way then may be in both.
 */
export async function moveQueue(from: string, to: string): Promise<MoveResult> {
  const moved = { records: 0, units: 0, lost: 0 };
  const problems: string[] = [];
  const open = async (folder: string): Promise<Queue> => {
    const onLoss = ({ records }: { readonly records: number }): void => void (moved.lost += records);
    const limits = { maxBytes: Number.MAX_SAFE_INTEGER, maxAgeMs: Infinity, newestEvery: Infinity };
    const opened = await openQueue({ folder, ...limits, onLoss });
    problems.push(...opened.problems);
    return opened.queue;
  };
  try {
    await using stack = new AsyncDisposableStack();
    const target = await open(to);
    stack.defer(() => target.close());
    const source = await open(from);
    stack.defer(() => source.close());
    const move = async (lease: Lease, payload: Uint8Array | undefined): Promise<void> => {
      if (payload === undefined) return;
      const { tenant, createdAt, units } = lease;
      await target.append({ tenant, createdAt, units, payload: [payload] });
      lease.done();
      moved.records += 1;
      moved.units += units;
    };
    while (source.stats.records > 0) {
      const leases = await takeSome(source);
      // All of them first, so that they are appended in order.
      const payloads = await Promise.all(leases.map(payloadOf));
      await Promise.all(leases.map((lease, index) => move(lease, payloads[index])));
    }
  } catch (error) {
    if (!(error instanceof QueueError)) throw error;
    return { ...moved, problems, error };
  }
  return { ...moved, problems };
}

/** All there is, when it is not too much. */
async function takeSome(queue: Queue): Promise<readonly Lease[]> {
  const never = new AbortController().signal;
  const leases: Lease[] = [];
  const most = Math.min(queue.stats.records, atOnce.records);
  for (let bytes = 0; leases.length < most && bytes < atOnce.bytes;) {
    const lease = await queue.take(never);
    if (lease === undefined) break;
    leases.push(lease);
    bytes += lease.bytes;
  }
  return leases;
}

/** Undefined when it is damaged: the queue tells of that. */
async function payloadOf(lease: Lease): Promise<Uint8Array | undefined> {
  try {
    return await lease.payload();
  } catch (error) {
    if (!(error instanceof QueueError) || error.code !== "corrupt") throw error;
    lease.done();
    return undefined;
  }
}
