import type { Bounds } from "./bounds.ts";
import type { LeaseOwner } from "./disk-lease.ts";
import { DiskLease } from "./disk-lease.ts";
import type { Losses } from "./losses.ts";
import type { Lease, RetryOptions } from "./queue.ts";
import { QueueError } from "./queue.ts";
import type { RecentPayloads } from "./recent-payloads.ts";
import type { RecordBook } from "./record-book.ts";
import { noSlot } from "./record-table.ts";
import { Takers } from "./takers.ts";

/** How long a timer may be. */
const maxTimerMs = 2 ** 31 - 1;

export interface HandOutParts {
  readonly folder: string;
  readonly book: RecordBook;
  readonly bounds: Bounds;
  readonly recent: RecentPayloads;
  readonly losses: Losses;
  /** A record is done: its companion is to be written. */
  readonly onDone: () => void;
}

/** Gives records to those who take them, each when it is due, and hears what becomes of them. */
export class HandOut implements LeaseOwner {
  readonly #parts: HandOutParts;
  readonly #takers = new Takers();
  #wake: { readonly timer: NodeJS.Timeout; readonly at: number } | undefined;
  #closed = false;

  constructor(parts: HandOutParts) {
    this.#parts = parts;
  }

  /** Waits for a record; undefined when `signal` aborts or after {@link close}. */
  take(signal: AbortSignal): Promise<Lease | undefined> {
    if (signal.aborted || this.#closed) return Promise.resolve(undefined);
    const lease = this.#takers.count === 0 ? this.#next() : undefined;
    if (lease !== undefined) return Promise.resolve(lease);
    const taken = this.#takers.wait(signal);
    this.serve();
    return taken;
  }

  /** Gives those who wait what is due, and plans the next time. */
  serve(): void {
    while (this.#takers.count > 0) {
      const lease = this.#next();
      if (lease === undefined) return this.#planWake();
      this.#takers.give(lease);
    }
  }

  /** Nothing is handed out any more, and what leases say is not heard. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#wake?.timer);
    this.#takers.close();
  }

  async payloadOf(slot: number): Promise<Uint8Array> {
    return this.#parts.recent.read(slot) ?? (await this.#readPayload(slot));
  }

  end(lease: DiskLease): void {
    if (this.#closed) return;
    const { book, losses, recent, onDone } = this.#parts;
    if (lease.unreadable) {
      losses.add(book.lossOf(lease.slot, "corrupt"));
      losses.tell();
    }
    recent.release(lease.slot);
    book.finish(lease.slot, lease.probe);
    onDone();
    this.serve();
  }

  putBack(lease: DiskLease, { at, pauseTenantUntil, memo, units = lease.units }: RetryOptions): void {
    if (this.#closed) return;
    const { book, recent } = this.#parts;
    const { schedule, table, clock } = book;
    // Times are turned into spans at once: a wall clock that jumps later delays nothing.
    const now = clock.monotonic();
    const wall = clock.now();
    const due = (time: number): number => now + Math.max(0, time - wall);
    recent.putBack(lease.slot);
    book.leaveMemo(lease.slot, memo);
    book.leaveUnits(lease.slot, units);
    table.attempts[lease.slot] = Math.min(lease.attempts + 1, 2 ** 16 - 1);
    const pause = pauseTenantUntil === undefined ? undefined : due(pauseTenantUntil);
    schedule.putBack(lease.slot, lease.probe, now, due(at), pause);
    this.serve();
  }

  async #readPayload(slot: number): Promise<Uint8Array> {
    const { folder, book } = this.#parts;
    const { table, store } = book;
    for (;;) {
      const segment = book.segmentOf(slot);
      const offset = table.offset[slot] ?? 0;
      if (segment === undefined) throw new QueueError("corrupt", `a record in ${folder} was damaged and is given up`);
      try {
        return (await store.read(segment, offset, book.bytesOf(slot))).payload;
      } catch (error) {
        // It may have been moved meanwhile.
        if (book.segmentOf(slot) === segment && table.offset[slot] === offset) throw error;
      }
    }
  }

  /** Hands out what is due, if anything is. */
  #next(): DiskLease | undefined {
    const lease = this.#nextUnexpired();
    this.#parts.losses.tell();
    return lease;
  }

  #nextUnexpired(): DiskLease | undefined {
    const { book, bounds, losses, recent } = this.#parts;
    const { schedule, table, clock } = book;
    for (;;) {
      const slot = schedule.next(clock.monotonic());
      if (slot === noSlot) return undefined;
      const tenant = schedule.tenantOf(slot);
      const probe = tenant.probing ? tenant.round : 0;
      const facts = {
        slot,
        probe,
        tenant: tenant.name,
        createdAt: table.createdAt[slot] ?? 0,
        units: table.units[slot] ?? 0,
        bytes: table.payloadBytes[slot] ?? 0,
        attempts: table.attempts[slot] ?? 0,
        memo: book.memoOf(slot),
      };
      if (!bounds.isExpired(slot)) return new DiskLease(this, facts);
      losses.add(book.lossOf(slot, "expired"));
      recent.forget(slot);
      // It says nothing about the tenant's server.
      book.finish(slot, probe === 0 ? 0 : -1);
    }
  }

  #planWake(): void {
    const { schedule, clock } = this.#parts.book;
    const at = schedule.wakeAt;
    if (at === undefined || (this.#wake !== undefined && this.#wake.at <= at)) return;
    clearTimeout(this.#wake?.timer);
    const delay = Math.min(maxTimerMs, Math.max(1, Math.ceil(at - clock.monotonic())));
    const timer = setTimeout(() => {
      this.#wake = undefined;
      this.serve();
    }, delay);
    this.#wake = { timer, at };
  }
}
