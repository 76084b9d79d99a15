import type { WaitingRecord } from "./append-batch.ts";
import { AppendBatch } from "./append-batch.ts";
import type { Bounds } from "./bounds.ts";
import { birthOf } from "./clock.ts";
import type { FolderLock } from "./folder-lock.ts";
import { HandOut } from "./hand-out.ts";
import type { Losses } from "./losses.ts";
import type { Lease, NewRecord, Queue, QueueStats } from "./queue.ts";
import { QueueError } from "./queue.ts";
import type { PayloadMemory } from "./payload-memory.ts";
import type { RecentPayloads } from "./recent-payloads.ts";
import type { RecordBook } from "./record-book.ts";
import { fileHeaderBytes, maxRecordBytes, maxTenantBytes, recordSize } from "./record-format.ts";
import type { Segment } from "./segment.ts";
import type { RecordToWrite } from "./segment-store.ts";
import { segmentBytesFor } from "./segment-size.ts";

/** How much goes to the disk with one sync, unless one record alone is more. */
const batchLimitBytes = 2 * 1024 * 1024;

/** What is done within this time is written down together. */
const flushDelayMs = 5;

/** What may wait for a disk that does not answer; then appends are refused. */
const waitingLimitBytes = 64 * 1024 * 1024;

/** How often all records are looked through for expired ones: a twentieth of the age limit, within these. */
const sweepMs = { least: 1000, most: 30_000 } as const;

export interface QueueParts {
  readonly folder: string;
  readonly book: RecordBook;
  readonly bounds: Bounds;
  readonly memory: PayloadMemory;
  readonly recent: RecentPayloads;
  readonly losses: Losses;
  readonly lock: FolderLock;
  /** The most that a segment is allowed to be. */
  readonly segmentBytes: number;
  readonly nextSequence: number;
  readonly syncMs: number;
}

/**
 * The queue: appends wait in batches, one worker writes them and keeps the files in order, {@link HandOut} gives records out.
 * Everything that goes to the files by themselves is done by {@link #work}, one thing at a time.
 */
export class DiskQueue implements Queue {
  readonly #folder: string;
  readonly #book: RecordBook;
  readonly #bounds: Bounds;
  readonly #memory: PayloadMemory;
  readonly #recent: RecentPayloads;
  readonly #lock: FolderLock;
  readonly #segmentBytes: number;
  readonly #handOut: HandOut;
  readonly #tick: NodeJS.Timeout;
  #batches: AppendBatch[] = [];
  #waitingBytes = 0;
  #nextSequence: number;
  #working: Promise<void> | undefined;
  /** Something besides appends is to be done. */
  #maintain = true;
  #tidyDue = true;
  #sweepAt = 0;
  #flushPlanned = false;
  #closing: Promise<void> | undefined;

  constructor(parts: QueueParts) {
    this.#folder = parts.folder;
    this.#book = parts.book;
    this.#bounds = parts.bounds;
    this.#memory = parts.memory;
    this.#recent = parts.recent;
    this.#lock = parts.lock;
    this.#segmentBytes = parts.segmentBytes;
    this.#nextSequence = parts.nextSequence;
    this.#handOut = new HandOut({ ...parts, onDone: () => this.#planFlush() });
    this.#tick = setInterval(() => this.#onTick(), parts.syncMs).unref();
    this.#startWork();
  }

  get stats(): QueueStats {
    const { records, units, bytes, store, schedule } = this.#book;
    const book = this.#book;
    return {
      records,
      units,
      bytes,
      fileBytes: store.fileBytes,
      tenants: schedule.tenants,
      get oldestAt() {
        return book.oldestAt();
      },
    };
  }

  append({ tenant, topic = "", createdAt, units, payload }: NewRecord): Promise<void> {
    const tenantBytes = bytesOf(tenant);
    let payloadBytes = 0;
    for (const part of payload) payloadBytes += part.length;
    const bytes = recordSize(tenantBytes.length, payloadBytes);
    const problem = this.#refuse(tenantBytes.length, bytes);
    if (problem !== undefined) return Promise.reject(problem);
    let batch = this.#batches.at(-1);
    if (batch === undefined || (batch.bytes > 0 && batch.bytes + bytes > batchLimitBytes)) {
      batch = new AppendBatch();
      this.#batches.push(batch);
    }
    // Not when it is on disk: the clock may jump before that.
    const bornAt = birthOf(this.#book.clock, createdAt);
    const held = this.#memory.hold(payload, payloadBytes);
    batch.records.push({ tenant, tenantBytes, topic, createdAt, units, payload: held, bornAt });
    batch.bytes += bytes;
    this.#waitingBytes += bytes;
    this.#startWork();
    return batch.kept;
  }

  take(signal: AbortSignal): Promise<Lease | undefined> {
    return this.#handOut.take(signal);
  }

  limit({ maxBytes, maxAgeMs }: { readonly maxBytes: number; readonly maxAgeMs: number }): void {
    if (this.#closing !== undefined) return;
    this.#bounds.maxBytes = maxBytes;
    this.#bounds.maxAgeMs = maxAgeMs;
    this.#book.store.segmentBytes = segmentBytesFor(this.#segmentBytes, maxBytes);
    this.#sweepAt = 0;
    this.#plan();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #refuse(tenantLength: number, bytes: number): QueueError | undefined {
    if (this.#closing !== undefined) return new QueueError("closed", `the queue in ${this.#folder} is closed`);
    if (this.#lock.isLost)
      return new QueueError("io", `another process took over ${this.#folder}: give each program a storage path of its own`);
    if (tenantLength > maxTenantBytes)
      return new QueueError("too_large", `a tenant of ${tenantLength} bytes: ${maxTenantBytes} is the most`);
    const most = Math.min(maxRecordBytes, this.#bounds.maxBytes - 2 * fileHeaderBytes);
    if (this.#waitingBytes > 0 && this.#waitingBytes + bytes > waitingLimitBytes) {
      return new QueueError("io", `the disk below ${this.#folder} does not keep up: ${this.#waitingBytes} bytes wait to be written`);
    }
    if (bytes <= most) return undefined;
    return new QueueError(
      "too_large",
      `a record of ${bytes} bytes does not fit in the queue's ${this.#bounds.maxBytes}: raise its max_bytes`,
    );
  }

  #planFlush(): void {
    if (this.#book.store.hasSpent) this.#plan();
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    setTimeout(() => {
      this.#flushPlanned = false;
      void this.#book.store.flush();
    }, flushDelayMs);
  }

  #onTick(): void {
    this.#lock.beat();
    this.#memory.trim();
    this.#tidyDue = this.#book.store.isUntidy;
    if (this.#tidyDue || this.#book.store.hasSpent || this.#book.clock.monotonic() >= this.#sweepAt) this.#plan();
  }

  #plan(): void {
    this.#maintain = true;
    this.#startWork();
  }

  #startWork(): void {
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
      // Something may have come between the end of the work and this.
      if (this.#batches.length > 0 || this.#maintain) this.#startWork();
    });
  }

  async #work(): Promise<void> {
    // What is appended in one turn of the event loop goes out together.
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    for (;;) {
      // First, or senders that never pause would keep it from ever being done.
      if (this.#maintain) await this.#maintenance();
      const batch = this.#batches.shift();
      if (batch !== undefined) await this.#commit(batch);
      else if (!this.#maintain) return;
    }
  }

  async #commit(batch: AppendBatch): Promise<void> {
    try {
      const { segment, offsets } = await this.#write(batch);
      for (const [index, waiting] of batch.records.entries()) this.#enter(waiting, segment, offsets[index] ?? 0);
      batch.resolve();
      this.#handOut.serve();
    } catch (error) {
      batch.reject(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#waitingBytes -= batch.bytes;
    }
  }

  async #write({ bytes, records }: AppendBatch): Promise<{ readonly segment: Segment; readonly offsets: readonly number[] }> {
    try {
      await this.#bounds.makeRoom(bytes);
      return await this.#book.store.write(records.map((waiting) => this.#toWrite(waiting)));
    } catch (error) {
      for (const { payload } of records) this.#memory.release(payload);
      throw error;
    }
  }

  #enter({ tenant, topic, createdAt, units, payload, bornAt }: WaitingRecord, segment: Segment, offset: number): void {
    const payloadBytes = payload.bytes.length;
    const slot = this.#book.add({ tenant, topic, createdAt, units, payloadBytes, bornAt }, segment, offset);
    this.#recent.add(slot, payload);
  }

  #toWrite({ tenantBytes: tenant, createdAt, units, payload: { bytes: payload } }: WaitingRecord): RecordToWrite {
    return { tenant, createdAt, units, payload, flags: 0, sequence: this.#nextSequence++ };
  }

  /** What the disk does not let us do now is tried again with the next one. */
  async #maintenance(): Promise<void> {
    this.#maintain = false;
    const { store, clock } = this.#book;
    try {
      if (clock.monotonic() >= this.#sweepAt) {
        this.#sweepAt = clock.monotonic() + Math.min(sweepMs.most, Math.max(sweepMs.least, this.#bounds.maxAgeMs / 20));
        this.#bounds.dropExpired();
        await this.#bounds.compact();
      }
      await this.#bounds.makeRoom(0);
    } catch (error) {
      if (!(error instanceof QueueError)) throw error;
    }
    if (!this.#tidyDue) return;
    this.#tidyDue = false;
    await store.tidy();
  }

  async #close(): Promise<void> {
    clearInterval(this.#tick);
    this.#handOut.close();
    while (this.#working !== undefined) await this.#working;
    await this.#book.store.close();
    this.#recent.clear();
    await this.#lock.release();
  }
}

let lastTenant = { name: "", bytes: new Uint8Array() };

/** Mostly it is the same one again. */
function bytesOf(name: string): Uint8Array {
  if (lastTenant.name !== name) lastTenant = { name, bytes: Buffer.from(name) };
  return lastTenant.bytes;
}
