/**
 * The disk queue. What others use: `openQueue()` here, the contract in queue.ts, `examineQueue()` for the command line.
 *
 * The rules, and where each is kept:
 * - A record is acknowledged when it and its file's name are synced (segment-store.ts). After a failed sync nothing more goes to that segment: the system may
 *   take what was lost for written.
 * - Records are done one by one. Each segment has a companion that lists them (companions.ts; record-format.ts describes both files), written within 5 ms and
 *   synced within a second. A segment goes when all in it is done, its companion only after that is durable.
 * - Files take at most the budget and one segment (bounds.ts): what lives in mostly dead segments is moved, then the oldest records of the tenant that
 *   holds most are evicted. Age is counted so that a clock that jumps makes nothing old (clock.ts).
 * - Tenants take turns, and none can hold all leases (hand-out.ts, schedule.ts). What waits costs 43 bytes of memory a record (record-table.ts).
 * - A payload is copied into memory of the queue's own (payload-memory.ts), from which it is written and, in the normal case, sent (recent-payloads.ts).
 * - Whatever stands in the files, the queue opens (recover.ts, segment-scan.ts): torn tails are cut off, damage is copied to quarantine/ and told of once
 *   (lost-records.ts counts it).
 * - One process a folder (folder-lock.ts).
 */
import { resolve } from "node:path";
import { Bounds } from "./bounds.ts";
import { DiskQueue } from "./disk-queue.ts";
import type { FileSystem } from "./file-system.ts";
import { nodeFileSystem } from "./file-system.ts";
import type { ProcessIdentity } from "./folder-lock.ts";
import { FolderLock } from "./folder-lock.ts";
import { Losses } from "./losses.ts";
import type { Queue, QueueLoss } from "./queue.ts";
import { queueErrorFrom } from "./queue-errors.ts";
import { PayloadMemory } from "./payload-memory.ts";
import { RecentPayloads } from "./recent-payloads.ts";
import { RecordBook } from "./record-book.ts";
import { usedNumbers } from "./record-format.ts";
import { RecordTable } from "./record-table.ts";
import { Recovery, removeLeftovers } from "./recover.ts";
import { Schedule } from "./schedule.ts";
import { segmentBytesFor } from "./segment-size.ts";
import { SegmentStore } from "./segment-store.ts";

const defaultSegmentBytes = 8 * 1024 * 1024;
const defaultSyncMs = 1000;

export interface QueueOptions {
  /** Made when it is not there. Nobody else puts files of the queue's names there; others are left alone. */
  readonly folder: string;
  /** The most that the files may take, and one segment more. */
  readonly maxBytes: number;
  /** Records that are older are dropped. */
  readonly maxAgeMs: number;
  /** How large a file gets before the next one begins, default 8 MiB; at most an eighth of the budget. */
  readonly segmentBytes?: number;
  /** How many leases are wanted at the same time: from it follows what one tenant may hold. Without it a tenant may hold any number. */
  readonly concurrency?: number;
  /** Every so many records of a tenant are handed out, one is its newest; default 4, Infinity for never. */
  readonly newestEvery?: number;
  /** The topic of a record that was there, by the first bytes of its payload, which may be cut off after 4 KiB. Default: none. Must not throw. */
  readonly topicOf?: (start: Uint8Array) => string;
  /** Is told of everything that the queue gives up by itself. Must not throw. */
  readonly onLoss: (loss: QueueLoss) => void;
  /** How often what is done is synced and what goes by time is looked after, default once a second. */
  readonly syncMs?: number;
  /** Milliseconds since 1970, default the system's clock. */
  readonly now?: () => number;
  /** Milliseconds on a clock that never jumps. */
  readonly monotonic?: () => number;
  /** For tests: another file system, another process. */
  readonly files?: FileSystem;
  readonly owner?: ProcessIdentity;
}

export interface OpenedQueue {
  readonly queue: Queue;
  /** What was there. `topics`: the units by topic. */
  readonly recovered: {
    readonly records: number;
    readonly units: number;
    readonly bytes: number;
    readonly topics: ReadonlyMap<string, number>;
  };
  /** Damage that was found, a line each. What it cost is told by {@link QueueOptions.onLoss} too. */
  readonly problems: readonly string[];
}

/**
 * Opens the queue in a folder, and makes one where there is none. Damage never keeps it from opening: damaged parts are set aside and reported.
 * @throws QueueError `io` or `full` when the folder itself cannot be used, or another process has it open.
 */
export async function openQueue(options: QueueOptions): Promise<OpenedQueue> {
  const { maxBytes, maxAgeMs, files = nodeFileSystem, now = Date.now, monotonic = () => performance.now() } = options;
  const folder = resolve(options.folder);
  const wanted = options.segmentBytes ?? defaultSegmentBytes;
  const { lock, names } = await enter(files, folder, options.owner);
  const store = new SegmentStore(folder, files, {
    segmentBytes: segmentBytesFor(wanted, maxBytes),
    firstNumber: (usedNumbers(names).at(-1) ?? 0) + 1,
    monotonic,
  });
  const table = new RecordTable();
  const book = new RecordBook(table, new Schedule(table, options.concurrency ?? Infinity, options.newestEvery), store, { now, monotonic });
  const losses = new Losses(options.onLoss);
  const recovery = new Recovery(files, folder, book, losses, options.topicOf ?? (() => ""));
  await recovery.run(names);
  await removeLeftovers(files, folder, names);
  const memory = new PayloadMemory();
  const recent = new RecentPayloads(memory);
  const bounds = new Bounds(book, recent, losses, { maxBytes, maxAgeMs });
  const { records, units, bytes } = book;
  const { nextSequence, problems } = recovery;
  const topics = book.topics();
  const { syncMs = defaultSyncMs } = options;
  const queue = new DiskQueue({ folder, book, bounds, memory, recent, losses, lock, segmentBytes: wanted, nextSequence, syncMs });
  return { queue, recovered: { records, units, bytes, topics }, problems };
}

async function enter(
  files: FileSystem,
  folder: string,
  owner: ProcessIdentity | undefined,
): Promise<{ readonly lock: FolderLock; readonly names: readonly string[] }> {
  try {
    await files.makeFolder(folder);
    const lock = await FolderLock.acquire(files, folder, owner);
    try {
      return { lock, names: await files.list(folder) };
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    throw queueErrorFrom(error, "use", folder);
  }
}
