import { mix } from "../delta/string-hashes.ts";
import { Int32List } from "../delta/int32-list.ts";
import { WireWriter } from "../../wire/wire-writer.ts";

/** Nobody outside can make up records that all fall on one slot. */
const seed = Math.floor(Math.random() * 0x1_0000_0000);

const fewestSlots = 64;
/** As many slots are worth keeping for the next time. */
const keptSlots = 8192;

/** Keeps equal byte records once, and numbers them from 1 in order of appearance. Records are compared byte by byte, never by hash alone. */
export class RecordInterner {
  /** Takes the next record; {@link intern} ends it. */
  readonly writer: WireWriter = new WireWriter(256);
  readonly #ends = new Int32List();
  readonly #hashes = new Int32List();
  /** Open addressing: number of a record, 0 is free. A power of two. */
  #slots = new Int32Array(fewestSlots);

  /** Forgets everything, and makes room for so many records with so many bytes. */
  begin(count = 0, bytes = 0): void {
    this.writer.reset();
    this.writer.reserve(bytes);
    this.#ends.clear();
    this.#ends.reserve(count);
    this.#hashes.clear();
    this.#hashes.reserve(count);
    let slots = fewestSlots;
    while (slots < count * 2) slots *= 2;
    if (slots > this.#slots.length || Math.max(slots * 8, keptSlots) < this.#slots.length) this.#slots = new Int32Array(slots);
    else this.#slots.fill(0);
  }

  get count(): number {
    return this.#ends.length;
  }

  /** Where a record begins in the writer's buffer. */
  start(id: number): number {
    return id === 1 ? 0 : (this.#ends.items[id - 2] as number);
  }

  end(id: number): number {
    return this.#ends.items[id - 1] as number;
  }

  /** The number of what was written since the last call. A record that is there already is not kept twice. */
  intern(): number {
    const { writer, count } = this;
    const { buffer, length } = writer;
    const start = count === 0 ? 0 : (this.#ends.items[count - 1] as number);
    const hash = hashBytes(buffer, start, length);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (; ; slot = (slot + 1) & mask) {
      const id = this.#slots[slot] as number;
      if (id === 0) break;
      if ((this.#hashes.items[id - 1] as number) !== hash || !this.#equals(buffer, id, start, length)) continue;
      writer.truncate(start);
      return id;
    }
    this.#ends.push(length);
    this.#hashes.push(hash);
    this.#slots[slot] = count + 1;
    if ((count + 1) * 2 > this.#slots.length) this.#grow();
    return count + 1;
  }

  /** Forgets the records after the first `count`, for good: no more may be added before {@link begin}. */
  truncate(count: number): void {
    this.#ends.length = count;
    this.writer.truncate(count === 0 ? 0 : (this.#ends.items[count - 1] as number));
  }

  #equals(buffer: Uint8Array, id: number, start: number, end: number): boolean {
    let at = this.start(id);
    if (this.end(id) - at !== end - start) return false;
    for (let other = start; other < end; other += 1, at += 1) if (buffer[at] !== buffer[other]) return false;
    return true;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let index = 0; index < this.count; index += 1) {
      let slot = (this.#hashes.items[index] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = index + 1;
    }
    this.#slots = slots;
  }
}

function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = seed ^ (end - start);
  let at = start;
  for (const last = end - 3; at < last; at += 4) {
    const word =
      (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
    hash = Math.imul(hash ^ word, 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  for (; at < end; at += 1) {
    hash = Math.imul(hash ^ (bytes[at] as number), 0x5bd1e995);
    hash ^= hash >>> 15;
  }
  return mix(hash);
}
