import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OpenedQueue, QueueOptions } from "../open-queue.ts";
import { openQueue } from "../open-queue.ts";
import type { Lease, NewRecord, Queue, QueueLoss } from "../queue.ts";

/** Queues in a folder of their own, and what they say that they lost. Closes them and removes the folder at the end. */
export class QueueSetUp implements AsyncDisposable {
  /** Where {@link opened} opens them. */
  folder: string;
  losses: QueueLoss[] = [];
  readonly #root: string;
  readonly #open: Queue[] = [];

  private constructor(root: string) {
    this.#root = root;
    this.folder = root;
  }

  static async create(): Promise<QueueSetUp> {
    return new QueueSetUp(await mkdtemp(join(tmpdir(), "flameline-queue-")));
  }

  async opened(options: Partial<QueueOptions> = {}): Promise<OpenedQueue> {
    const result = await openQueue({
      folder: this.folder,
      maxBytes: 64 * 1024 * 1024,
      maxAgeMs: 3_600_000,
      onLoss: (loss) => this.losses.push(loss),
      ...options,
    });
    this.#open.push(result.queue);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const queue of this.#open) await queue.close();
    await rm(this.#root, { recursive: true });
  }
}

export function record(text: string, options: Partial<NewRecord> = {}): NewRecord {
  return { tenant: "", createdAt: Date.now(), units: 1, payload: [Buffer.from(text)], ...options };
}

export async function taken(queue: Queue): Promise<Lease> {
  const lease = await queue.take(AbortSignal.timeout(5000));
  if (lease === undefined) throw new Error("nothing to take");
  return lease;
}

export async function textOf(lease: Lease): Promise<string> {
  return Buffer.from(await lease.payload()).toString();
}

/** Takes and ends everything that can be had at once. */
export async function drain(queue: Queue): Promise<string[]> {
  const texts: string[] = [];
  while (queue.stats.records > 0) {
    const lease = await taken(queue);
    texts.push(await textOf(lease));
    lease.done();
  }
  return texts;
}
