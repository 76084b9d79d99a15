import { wireType } from "./wire-reader.ts";

const encoder = new TextEncoder();
const twoTo32 = 0x1_0000_0000;

/** Writes protobuf into a buffer that grows. */
export class WireWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** How many bytes the buffer holds at present. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** A view of what was written, valid until the next write. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A copy of what was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  reset(): void {
    this.#length = 0;
  }

  /** @internal The buffer itself, valid until the next write: for code on the hot path, where {@link view} makes an object each time. */
  get buffer(): Uint8Array {
    return this.#bytes;
  }

  /** Makes room for `capacity` bytes, so that writing them leaves no smaller buffers behind. Nothing may have been written. */
  reserve(capacity: number): void {
    if (capacity > this.#bytes.length) this.#bytes = new Uint8Array(capacity);
  }

  /** Takes back what was written after the first `length` bytes. */
  truncate(length: number): void {
    this.#length = length;
  }

  tag(field: number, type: number): this {
    return this.number(field * 8 + type);
  }

  /** A varint from 0 to 2^53 - 1. */
  number(value: number): this {
    if (value < 0x80) {
      this.#reserve(1);
      this.#bytes[this.#length++] = value;
      return this;
    }
    if (value < 0x4000) {
      this.#reserve(2);
      this.#bytes[this.#length] = (value & 0x7f) | 0x80;
      this.#bytes[this.#length + 1] = value >>> 7;
      this.#length += 2;
      return this;
    }
    return this.varint(value | 0, Math.floor(value / twoTo32));
  }

  /** A varint of two int32. */
  varint(low: number, high: number): this {
    this.#reserve(10);
    const bytes = this.#bytes;
    let at = this.#length;
    let lo = low >>> 0;
    let hi = high >>> 0;
    while (hi !== 0 || lo >= 0x80) {
      bytes[at++] = (lo & 0x7f) | 0x80;
      lo = ((lo >>> 7) | (hi << 25)) >>> 0;
      hi >>>= 7;
    }
    bytes[at++] = lo;
    this.#length = at;
    return this;
  }

  /** The bytes from `start` to `end` of `source` as they are. */
  raw(source: Uint8Array, start = 0, end = source.length): this {
    this.#reserve(end - start);
    // Setting a subarray costs more than a short loop.
    if (end - start > 40) this.#bytes.set(source.subarray(start, end), this.#length);
    else for (let from = start, to = this.#length; from < end; from += 1, to += 1) this.#bytes[to] = source[from] as number;
    this.#length += end - start;
    return this;
  }

  /** A field of wire type 0; zero, the default of proto3, is left out. */
  numberField(field: number, value: number): this {
    return value === 0 ? this : this.tag(field, wireType.varint).number(value);
  }

  /** A field of wire type 0 of any int64; zero is left out. */
  bigintField(field: number, value: bigint): this {
    if (value === 0n) return this;
    return this.tag(field, wireType.varint).bigint(value);
  }

  /** A varint of any int64 or uint64. */
  bigint(value: bigint): this {
    return this.varint(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  }

  bytesField(field: number, bytes: Uint8Array): this {
    return this.tag(field, wireType.bytes).number(bytes.length).raw(bytes);
  }

  stringField(field: number, text: string): this {
    return this.bytesField(field, encoder.encode(text));
  }

  /** A field of wire type 2 whose content `write` writes. */
  messageField(field: number, write: (writer: this) => void): this {
    this.tag(field, wireType.bytes);
    const start = this.#length;
    write(this);
    const length = this.#length - start;
    const shift = varintLength(length);
    this.#reserve(shift);
    this.#bytes.copyWithin(start + shift, start, this.#length);
    this.#length = start;
    this.number(length);
    this.#length += length;
    return this;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Bytes of the varint of two int32. */
export function varintLength(low: number, high = 0): number {
  const bits = high === 0 ? 32 - Math.clz32(low | 1) : 64 - Math.clz32(high);
  return Math.ceil(bits / 7);
}
