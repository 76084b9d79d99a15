/**
 * What the counters of each stack stood at, by the stack's 64-bit hash. Entries are numbered from 0 in order of appearance; a counter is two int32.
 * 30 to 60 bytes a stack with two counters.
 */
export class StackTable {
  readonly #counters: number;
  /** Open addressing: entry + 1, 0 is free. A power of two. */
  #slots = new Int32Array(64);
  /** Two lanes an entry. */
  #hashes = new Int32Array(64);
  #lastSeen = new Int32Array(32);
  #base = new Int32Array(0);
  #count = 0;

  constructor(counters: number) {
    this.#counters = counters;
  }

  get count(): number {
    return this.#count;
  }

  /** Of all arrays. */
  get byteLength(): number {
    return this.#slots.byteLength + this.#hashes.byteLength + this.#lastSeen.byteLength + this.#base.byteLength;
  }

  /** The counters of the entries, low and high half in turn; those of entries added since the last {@link update} are missing or mean nothing. */
  get base(): Int32Array {
    return this.#base;
  }

  /** The entry of a stack, added when it is new. */
  find(low: number, high: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = low & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] as number) - 1;
      if (entry < 0) return this.#add(low, high, slot);
      if (this.#hashes[entry * 2] === low && this.#hashes[entry * 2 + 1] === high) return entry;
    }
  }

  /**
   * Sets the counters of entries that were seen in a round, given entry by entry. In place: an array that lives from one profile to the next is garbage that
   * only a collection of the whole heap gets rid of.
   */
  update(seen: Int32Array, counters: Int32Array, round: number): void {
    const width = this.#counters * 2;
    if (this.#count * width > this.#base.length) this.#growBase(this.#count * width);
    let from = 0;
    for (const entry of seen) {
      this.#lastSeen[entry] = round;
      const to = entry * width;
      for (let at = to; at < to + width; at += 1) this.#base[at] = counters[from++] as number;
    }
  }

  /** Forgets the entries from `count` on. */
  truncate(count: number): void {
    if (count >= this.#count) return;
    this.#count = count;
    this.#rehash(this.#slots.length);
  }

  /** Forgets all entries that were seen last before `round`; the others get new numbers. */
  evictBefore(round: number): void {
    const width = this.#counters * 2;
    let kept = 0;
    for (let entry = 0; entry < this.#count; entry += 1) {
      if ((this.#lastSeen[entry] as number) < round) continue;
      this.#hashes.copyWithin(kept * 2, entry * 2, entry * 2 + 2);
      this.#base.copyWithin(kept * width, entry * width, (entry + 1) * width);
      this.#lastSeen[kept] = this.#lastSeen[entry] as number;
      kept += 1;
    }
    if (kept === this.#count) return;
    this.#count = kept;
    this.#base = this.#base.slice(0, kept * width);
    this.#rehash(this.#slots.length);
  }

  /** Exactly for the first profile, with room for some more after that. */
  #growBase(length: number): void {
    const grown = new Int32Array(this.#base.length === 0 ? length : length + (length >>> 3));
    grown.set(this.#base);
    this.#base = grown;
  }

  #add(low: number, high: number, slot: number): number {
    const entry = this.#count++;
    if (entry === this.#lastSeen.length) {
      this.#hashes = grown(this.#hashes);
      this.#lastSeen = grown(this.#lastSeen);
    }
    this.#hashes[entry * 2] = low;
    this.#hashes[entry * 2 + 1] = high;
    this.#lastSeen[entry] = 0;
    this.#slots[slot] = entry + 1;
    if (this.#count * 2 > this.#slots.length) this.#rehash(this.#slots.length * 2);
    return entry;
  }

  #rehash(capacity: number): void {
    const slots = new Int32Array(capacity);
    const mask = capacity - 1;
    for (let entry = 0; entry < this.#count; entry += 1) {
      let slot = (this.#hashes[entry * 2] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = entry + 1;
    }
    this.#slots = slots;
  }
}

function grown(array: Int32Array): Int32Array<ArrayBuffer> {
  const twice = new Int32Array(array.length * 2);
  twice.set(array);
  return twice;
}
