import type { Losses } from "./losses.ts";
import type { RecordBook } from "./record-book.ts";
import { slotState } from "./record-table.ts";
import { recordSize, movedFlag } from "./record-format.ts";
import type { RecentPayloads } from "./recent-payloads.ts";
import type { Segment } from "./segment.ts";
import type { RecordToWrite } from "./segment-store.ts";
import { QueueError } from "./queue.ts";

/** Over the budget, a segment of which this part is dead is worth moving what lives in it … */
const worthMovingShare = 0.25;
/** … and with so many segments' worth of dead bytes any is: else the tenant that holds most would pay for all that is dead. */
const deadSegmentsLimit = 4;
/** Within the budget, a segment is given up when so much of it is dead and nothing of it was done for a while: it holds records that stay. */
const idleShare = 0.9;
const idleMs = 10_000;
/** How much is moved with one sync. */
const moveBatchBytes = 1024 * 1024;

/** Keeps the files of a queue within its budget and its records within their age. */
export class Bounds {
  maxBytes: number;
  maxAgeMs: number;
  readonly #book: RecordBook;
  readonly #recent: RecentPayloads;
  readonly #losses: Losses;

  constructor(book: RecordBook, recent: RecentPayloads, losses: Losses, limits: { readonly maxBytes: number; readonly maxAgeMs: number }) {
    this.#book = book;
    this.#recent = recent;
    this.#losses = losses;
    this.maxBytes = limits.maxBytes;
    this.maxAgeMs = limits.maxAgeMs;
  }

  isExpired(slot: number): boolean {
    return this.#book.ageOf(slot) > this.maxAgeMs;
  }

  /** Drops what is too old and what nobody holds. */
  dropExpired(): void {
    const { table } = this.#book;
    for (let slot = 1; slot < table.end; slot += 1) {
      const state = table.state[slot];
      if ((state === slotState.ready || state === slotState.delayed) && this.isExpired(slot)) this.#drop(slot, "expired");
    }
    this.#losses.tell();
  }

  /**
   * Makes room for `bytes` more: removes what is done, moves records out of segments that are mostly dead, and evicts the oldest records of the tenant
   * that holds most. Rejects with a {@link QueueError} when there is none: everything left is in somebody's hands, or the disk lets nothing be moved or
   * removed. Nothing is evicted then for the disk's sake.
   */
  async makeRoom(bytes: number): Promise<void> {
    const { store } = this.#book;
    try {
      for (;;) {
        if (store.hasSpent) await store.removeSpent();
        // What cannot be removed now makes no room, and evicting more would not either.
        if (store.fileBytes + bytes <= this.maxBytes || store.hasSpent) break;
        const segment = this.#worthMoving();
        if (segment !== undefined) await this.#move(segment);
        else if (!this.#evictSome(store.fileBytes + bytes - this.maxBytes)) break;
      }
    } finally {
      this.#losses.tell();
    }
    if (store.fileBytes + bytes > this.maxBytes + store.segmentBytes) {
      throw new QueueError("full", "the budget is spent by records that are being sent or cannot be removed: raise max_bytes of the queue");
    }
  }

  /** Gives up segments that hold little and stay. Rejects as {@link makeRoom} does. */
  async compact(): Promise<void> {
    const { store, clock } = this.#book;
    for (const segment of store.segments.values()) {
      const idle = clock.monotonic() - segment.touchedAt >= idleMs;
      if (idle && segment.sealed && segment.records > 0 && segment.deadBytes >= segment.bytes * idleShare) await this.#move(segment);
    }
  }

  #worthMoving(): Segment | undefined {
    const { store } = this.#book;
    let dead = 0;
    let best: Segment | undefined;
    let bestShare = 0;
    for (const segment of store.segments.values()) {
      if (!segment.sealed || segment.records === 0) continue;
      dead += segment.deadBytes;
      const share = segment.deadBytes / segment.bytes;
      if (share > bestShare) [best, bestShare] = [segment, share];
    }
    const worth = bestShare >= worthMovingShare ? dead >= store.segmentBytes : dead >= store.segmentBytes * deadSegmentsLimit;
    return worth ? best : undefined;
  }

  /** Evicts until `bytes` are dead, or a segment is spent or worth moving. False when there was nothing to evict. */
  #evictSome(bytes: number): boolean {
    const { schedule, store, table } = this.#book;
    let freed = 0;
    while (freed < bytes && !store.hasSpent) {
      const tenant = schedule.heaviest();
      if (tenant === undefined) return freed > 0;
      const least = schedule.heaviest(tenant)?.bytes ?? 0;
      do {
        const slot = tenant.oldest(table);
        // Of the segment that is being written nothing can be removed: what follows goes to another.
        if (this.#book.segmentOf(slot) === store.current) store.seal();
        freed += this.#book.bytesOf(slot);
        this.#drop(slot, "evicted");
      } while (freed < bytes && !store.hasSpent && tenant.waiting > 0 && tenant.bytes >= least);
    }
    return true;
  }

  #drop(slot: number, reason: "expired" | "evicted"): void {
    this.#losses.add(this.#book.lossOf(slot, reason));
    this.#recent.forget(slot);
    this.#book.remove(slot);
  }

  /** Writes what lives in a segment to the present one, with the same sequence numbers, and removes it. */
  async #move(segment: Segment): Promise<void> {
    let batch: { readonly slot: number; readonly record: RecordToWrite }[] = [];
    let bytes = 0;
    for (const slot of this.#book.recordsIn(segment)) {
      const record = await this.#readForMove(slot, segment);
      if (record === undefined) continue;
      batch.push({ slot, record });
      bytes += recordSize(record.tenant.length, record.payload.length);
      if (bytes < moveBatchBytes) continue;
      await this.#writeMoved(segment, batch);
      [batch, bytes] = [[], 0];
    }
    if (batch.length > 0) await this.#writeMoved(segment, batch);
    await this.#book.store.removeSpent();
    // Before anything else can be removed: were the copies removed for good and this segment not, its records would be back after a crash.
    await this.#book.store.tidy();
  }

  async #readForMove(slot: number, segment: Segment): Promise<RecordToWrite | undefined> {
    const { table, schedule } = this.#book;
    const offset = table.offset[slot] ?? 0;
    try {
      const { header, payload } = await this.#book.store.read(segment, offset, this.#book.bytesOf(slot));
      const tenant = schedule.tenantOf(slot).nameBytes;
      return { ...header, tenant, flags: header.flags | movedFlag, payload };
    } catch (error) {
      if (!(error instanceof QueueError) || error.code !== "corrupt") throw error;
      if (this.#stands(slot, segment, offset)) this.#giveUpDamaged(slot);
      return undefined;
    }
  }

  async #writeMoved(from: Segment, batch: readonly { readonly slot: number; readonly record: RecordToWrite }[]): Promise<void> {
    const { store, table } = this.#book;
    const before = batch.map(({ slot }) => table.offset[slot] ?? 0);
    const { segment, offsets } = await store.write(batch.map(({ record }) => record));
    for (const [index, { slot, record }] of batch.entries()) {
      const offset = offsets[index] ?? 0;
      if (this.#stands(slot, from, before[index] ?? 0)) this.#book.relocate(slot, segment, offset);
      // It was done or dropped meanwhile.
      else store.markDone(segment, offset, recordSize(record.tenant.length, record.payload.length));
    }
  }

  /** Whether a slot still is the record that was at that place. */
  #stands(slot: number, segment: Segment, offset: number): boolean {
    const { table } = this.#book;
    return this.#book.isKept(slot) && table.segment[slot] === segment.number && table.offset[slot] === offset;
  }

  #giveUpDamaged(slot: number): void {
    // Its holder is told when it asks for the payload, and it counts when the lease ends.
    if (this.#book.isHeld(slot)) return this.#book.relocate(slot, undefined, 0);
    this.#losses.add(this.#book.lossOf(slot, "corrupt"));
    this.#recent.forget(slot);
    this.#book.remove(slot);
  }
}
