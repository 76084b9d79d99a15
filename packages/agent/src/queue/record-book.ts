import type { QueueClock } from "./clock.ts";
import { ageOf, birthOf } from "./clock.ts";
import type { LostRecords } from "./losses.ts";
import type { LossReason } from "./queue.ts";
import type { RecordTable } from "./record-table.ts";
import { slotState } from "./record-table.ts";
import { recordSize } from "./record-format.ts";
import type { Schedule } from "./schedule.ts";
import type { Segment } from "./segment.ts";
import type { SegmentStore } from "./segment-store.ts";
import { Topics } from "./topics.ts";

/** What is known of a record that is on disk. */
export interface RecordFacts {
  readonly tenant: string;
  readonly topic: string;
  readonly createdAt: number;
  readonly units: number;
  readonly payloadBytes: number;
  /** When its age was zero on the monotonic clock; by default what its age by the wall clock says now. */
  readonly bornAt?: number;
}

/** Every record of a queue: the table, the schedule and the segments, kept in step, and their totals. */
export class RecordBook {
  readonly table: RecordTable;
  readonly schedule: Schedule;
  readonly store: SegmentStore;
  readonly clock: QueueClock;
  records = 0;
  units = 0;
  bytes = 0;
  readonly #topics = new Topics();
  readonly #memos = new Map<number, unknown>();

  constructor(table: RecordTable, schedule: Schedule, store: SegmentStore, clock: QueueClock) {
    this.table = table;
    this.schedule = schedule;
    this.store = store;
    this.clock = clock;
  }

  /** Enters a record that is on disk. */
  add(
    { tenant, topic, createdAt, units, payloadBytes, bornAt = birthOf(this.clock, createdAt) }: RecordFacts,
    segment: Segment,
    offset: number,
  ): number {
    const { table } = this;
    const owner = this.schedule.tenant(tenant);
    const slot = table.claim();
    table.createdAt[slot] = createdAt;
    table.bornAt[slot] = bornAt;
    table.topic[slot] = this.#topics.hold(topic);
    table.units[slot] = units;
    table.payloadBytes[slot] = payloadBytes;
    table.segment[slot] = segment.number;
    table.offset[slot] = offset;
    const bytes = recordSize(owner.nameBytes.length, payloadBytes);
    this.schedule.add(slot, owner, bytes);
    this.records += 1;
    this.units += units;
    this.bytes += bytes;
    return slot;
  }

  /** What a record takes on disk. */
  bytesOf(slot: number): number {
    return recordSize(this.schedule.tenantOf(slot).nameBytes.length, this.table.payloadBytes[slot] ?? 0);
  }

  /** A record as a loss. */
  lossOf(slot: number, reason: LossReason): LostRecords {
    const { table, schedule } = this;
    return {
      reason,
      tenant: schedule.tenantOf(slot).name,
      topic: this.#topics.nameOf(table.topic[slot] ?? 0),
      units: table.units[slot] ?? 0,
      bytes: table.payloadBytes[slot] ?? 0,
    };
  }

  segmentOf(slot: number): Segment | undefined {
    return this.store.segments.get(this.table.segment[slot] ?? 0);
  }

  ageOf(slot: number): number {
    return ageOf(this.clock, this.table.createdAt[slot] ?? 0, this.table.bornAt[slot] ?? 0);
  }

  /** What the last holder of a record left for the next one. */
  memoOf(slot: number): unknown {
    return this.#memos.get(slot);
  }

  leaveMemo(slot: number, memo: unknown): void {
    if (memo === undefined) this.#memos.delete(slot);
    else this.#memos.set(slot, memo);
  }

  leaveUnits(slot: number, units: number): void {
    this.units += units - (this.table.units[slot] ?? 0);
    this.table.units[slot] = units;
  }

  /** Ends a leased record. */
  finish(slot: number, probe: number): void {
    const bytes = this.#subtract(slot);
    this.schedule.finish(slot, bytes, probe);
  }

  /** Ends a record that nobody holds. */
  remove(slot: number): void {
    const bytes = this.#subtract(slot);
    this.schedule.remove(slot, bytes);
  }

  /** Takes note that a record stands elsewhere now, or nowhere any more. */
  relocate(slot: number, segment: Segment | undefined, offset: number): void {
    const old = this.segmentOf(slot);
    if (old !== undefined) this.store.markDone(old, this.table.offset[slot] ?? 0, this.bytesOf(slot));
    this.table.segment[slot] = segment?.number ?? 0;
    this.table.offset[slot] = offset;
  }

  /** The records that stand in a segment, in its order. */
  recordsIn(segment: Segment): readonly number[] {
    const { table } = this;
    const slots: number[] = [];
    for (let slot = 1; slot < table.end; slot += 1) {
      if (table.segment[slot] === segment.number && this.isKept(slot)) slots.push(slot);
    }
    return slots.sort((a, b) => (table.offset[a] ?? 0) - (table.offset[b] ?? 0));
  }

  isKept(slot: number): boolean {
    const state = this.table.state[slot];
    return state !== slotState.free && state !== slotState.givenUp;
  }

  isHeld(slot: number): boolean {
    return this.table.state[slot] === slotState.leased;
  }

  /** The units of all records by topic. */
  topics(): ReadonlyMap<string, number> {
    const units = new Map<string, number>();
    for (let slot = 1; slot < this.table.end; slot += 1) {
      if (!this.isKept(slot)) continue;
      const topic = this.#topics.nameOf(this.table.topic[slot] ?? 0);
      units.set(topic, (units.get(topic) ?? 0) + (this.table.units[slot] ?? 0));
    }
    return units;
  }

  /** When the oldest record was created. */
  oldestAt(): number | undefined {
    if (this.records === 0) return undefined;
    let oldest = Infinity;
    const { createdAt, state, end } = this.table;
    for (let slot = 1; slot < end; slot += 1) {
      const at = createdAt[slot] ?? Infinity;
      if (at < oldest && state[slot] !== slotState.free && state[slot] !== slotState.givenUp) oldest = at;
    }
    return oldest;
  }

  #subtract(slot: number): number {
    const { table } = this;
    this.#memos.delete(slot);
    const bytes = this.bytesOf(slot);
    this.records -= 1;
    this.units -= table.units[slot] ?? 0;
    this.bytes -= bytes;
    const segment = this.segmentOf(slot);
    if (segment !== undefined) this.store.markDone(segment, table.offset[slot] ?? 0, bytes);
    table.segment[slot] = 0;
    this.#topics.drop(table.topic[slot] ?? 0);
    return bytes;
  }
}
