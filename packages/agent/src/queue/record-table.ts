/** No record; slots begin at 1. */
export const noSlot = 0;

/** What a slot is used for. `given_up`: nothing any more, but a timer still knows it. */
export const slotState = { free: 0, ready: 1, delayed: 2, leased: 3, givenUp: 4 } as const;

/** Grows by an eighth, at least by this many slots. */
const minimalGrowth = 1024;

/**
 * The records that a queue knows, in columns: 47 bytes a record, so that what waits costs little memory. A record is a slot number. `next` and `previous`
 * chain the slots of one {@link SlotList}.
 */
export class RecordTable {
  createdAt: Float64Array = new Float64Array(0);
  /** When its age was zero on the monotonic clock, in units of 100 ms. */
  bornAt: Int32Array = new Int32Array(0);
  units: Uint32Array = new Uint32Array(0);
  payloadBytes: Uint32Array = new Uint32Array(0);
  segment: Uint32Array = new Uint32Array(0);
  offset: Uint32Array = new Uint32Array(0);
  tenant: Uint32Array = new Uint32Array(0);
  topic: Uint32Array = new Uint32Array(0);
  next: Uint32Array = new Uint32Array(0);
  previous: Uint32Array = new Uint32Array(0);
  attempts: Uint16Array = new Uint16Array(0);
  state: Uint8Array = new Uint8Array(0);
  #free: number = noSlot;
  /** Slots from here on were never used. */
  #unused = 1;

  /** Slots in use are below this. */
  get end(): number {
    return this.#unused;
  }

  /** A slot to fill in. */
  claim(): number {
    const slot = this.#free;
    if (slot !== noSlot) {
      this.#free = this.next[slot] ?? noSlot;
      this.next[slot] = noSlot;
      return slot;
    }
    if (this.#unused >= this.state.length) this.#grow();
    return this.#unused++;
  }

  release(slot: number): void {
    this.state[slot] = slotState.free;
    this.attempts[slot] = 0;
    this.previous[slot] = noSlot;
    this.next[slot] = this.#free;
    this.#free = slot;
  }

  #grow(): void {
    const length = this.state.length + Math.max(minimalGrowth, this.state.length >> 3);
    this.createdAt = extended(this.createdAt, new Float64Array(length));
    this.bornAt = extended(this.bornAt, new Int32Array(length));
    this.units = extended(this.units, new Uint32Array(length));
    this.payloadBytes = extended(this.payloadBytes, new Uint32Array(length));
    this.segment = extended(this.segment, new Uint32Array(length));
    this.offset = extended(this.offset, new Uint32Array(length));
    this.tenant = extended(this.tenant, new Uint32Array(length));
    this.topic = extended(this.topic, new Uint32Array(length));
    this.next = extended(this.next, new Uint32Array(length));
    this.previous = extended(this.previous, new Uint32Array(length));
    this.attempts = extended(this.attempts, new Uint16Array(length));
    this.state = extended(this.state, new Uint8Array(length));
  }
}

function extended<T extends { set(from: T): void }>(from: T, into: T): T {
  into.set(from);
  return into;
}

/** A chain of slots, oldest first. A slot is in one list at most. */
export class SlotList {
  readonly #table: RecordTable;
  first: number = noSlot;
  last: number = noSlot;
  length = 0;

  constructor(table: RecordTable) {
    this.#table = table;
  }

  addLast(slot: number): void {
    const { next, previous } = this.#table;
    next[slot] = noSlot;
    previous[slot] = this.last;
    if (this.last === noSlot) this.first = slot;
    else next[this.last] = slot;
    this.last = slot;
    this.length += 1;
  }

  addFirst(slot: number): void {
    const { next, previous } = this.#table;
    previous[slot] = noSlot;
    next[slot] = this.first;
    if (this.first === noSlot) this.last = slot;
    else previous[this.first] = slot;
    this.first = slot;
    this.length += 1;
  }

  remove(slot: number): void {
    const { next, previous } = this.#table;
    const before = previous[slot] ?? noSlot;
    const after = next[slot] ?? noSlot;
    if (before === noSlot) this.first = after;
    else next[before] = after;
    if (after === noSlot) this.last = before;
    else previous[after] = before;
    next[slot] = noSlot;
    previous[slot] = noSlot;
    this.length -= 1;
  }
}
