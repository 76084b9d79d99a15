import type { RecordTable } from "./record-table.ts";
import { noSlot, SlotList } from "./record-table.ts";

/** The records of one tenant and how far it may be sent to. Kept up to date by the schedule. */
export class Tenant {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  /** What stands in the table. */
  readonly number: number;
  /** Records that can be handed out. */
  readonly ready: SlotList;
  /** Records that came back and are not due yet. */
  readonly delayed: SlotList;
  records = 0;
  /** Of all its records on disk. */
  bytes = 0;
  leases = 0;
  handedOut = 0;
  /** Monotonic milliseconds; nothing is handed out before. */
  pausedUntil: number = -Infinity;
  /** From a pause until a record that was handed out after it is done: one at a time. */
  probing = false;
  probeOut = false;
  /** Counts pauses: a probe says something about the present round only. */
  round = 0;
  /** Whether it stands in the line of the schedule, and whether a timer knows of its pause. */
  inLine = false;
  pauseTimed = false;
  gone = false;

  constructor(name: string, number: number, table: RecordTable) {
    this.name = name;
    this.nameBytes = Buffer.from(name);
    this.number = number;
    this.ready = new SlotList(table);
    this.delayed = new SlotList(table);
  }

  /** How many of its records nobody holds. */
  get waiting(): number {
    return this.ready.length + this.delayed.length;
  }

  canSend(now: number): boolean {
    return this.ready.length > 0 && this.pausedUntil <= now && !(this.probing && this.probeOut);
  }

  /** The record that came first among those that nobody holds. */
  oldest(table: RecordTable): number {
    const { first } = this.ready;
    const { first: delayed } = this.delayed;
    if (first === noSlot || delayed === noSlot) return first === noSlot ? delayed : first;
    return (table.createdAt[delayed] ?? 0) <= (table.createdAt[first] ?? 0) ? delayed : first;
  }
}
