import { ProfileDataError } from "../profile-data-error.ts";

/** Wire types of protobuf: https://protobuf.dev/programming-guides/encoding/#structure */
export const wireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** The tag of a field whose value is a varint. */
export function varintTag(field: number): number {
  return field * 8 + wireType.varint;
}

/** The tag of a field whose value is a message, bytes, a text or packed numbers. */
export function bytesTag(field: number): number {
  return field * 8 + wireType.bytes;
}

const twoTo32 = 0x1_0000_0000;

/**
 * A cursor over protobuf bytes. 64-bit numbers are exact: {@link varint} leaves them as two int32 in `lo` and `hi`. Every method throws a
 * {@link ProfileDataError} rather than read past the end.
 */
export class WireReader {
  readonly bytes: Uint8Array;
  position: number;
  readonly end: number;
  /** Low half of what {@link varint} read, as int32. */
  lo = 0;
  /** High half of what {@link varint} read, as int32. */
  hi = 0;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  /** What begins a field: field number * 8 + wire type, below 2^32. */
  tag(): number {
    const tag = this.number();
    if (tag > 0xffff_ffff || tag < 8) throw malformed("illegal field number");
    return tag;
  }

  /** A varint below 2^53: a length, an index. */
  number(): number {
    const at = this.position;
    if (at < this.end) {
      const byte = this.bytes[at] as number;
      if (byte < 0x80) {
        this.position = at + 1;
        return byte;
      }
    }
    this.varint();
    if (this.hi >>> 0 > 0x1f_ffff) throw malformed("number out of range");
    return (this.hi >>> 0) * twoTo32 + (this.lo >>> 0);
  }

  /** Any varint, into `lo` and `hi`. */
  varint(): void {
    const { bytes, end } = this;
    let at = this.position;
    let lo = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      if (at >= end) throw truncated();
      const byte = bytes[at++] as number;
      lo |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.position = at;
        this.lo = lo;
        this.hi = 0;
        return;
      }
    }
    this.#longVarint(at, lo);
  }

  /** The fifth and further bytes of a varint. */
  #longVarint(start: number, low: number): void {
    const { bytes, end } = this;
    let at = start;
    if (at >= end) throw truncated();
    let byte = bytes[at++] as number;
    this.lo = low | ((byte & 0x7f) << 28);
    let hi = (byte & 0x7f) >> 4;
    for (let shift = 3; byte >= 0x80; shift += 7) {
      if (at >= end) throw truncated();
      byte = bytes[at++] as number;
      // The tenth byte has room for one bit.
      if (shift > 31 || (shift === 31 && byte > 1)) throw malformed("number longer than 64 bits");
      hi |= (byte & 0x7f) << shift;
    }
    this.hi = hi;
    this.position = at;
  }

  /** The length of a field of wire type 2 that begins here; returns where it ends. The cursor stands at its content. */
  enter(): number {
    const length = this.number();
    const end = this.position + length;
    if (end > this.end) throw truncated();
    return end;
  }

  /** Checks that a message whose fields have been read ended where it should. */
  leave(end: number): void {
    if (this.position !== end) throw malformed("field reaches beyond its message");
  }

  /** Passes over a field whose tag was read. */
  skip(type: number): void {
    switch (type) {
      case wireType.varint:
        this.varint();
        return;
      case wireType.bytes:
        this.position = this.enter();
        return;
      case wireType.fixed64:
        this.#advance(8);
        return;
      case wireType.fixed32:
        this.#advance(4);
        return;
      default:
        throw malformed(type < 5 ? `wire type ${type}: groups are not supported` : `illegal wire type ${type}`);
    }
  }

  #advance(count: number): void {
    if (this.position + count > this.end) throw truncated();
    this.position += count;
  }
}

function truncated(): ProfileDataError {
  return new ProfileDataError("truncated", "unexpected end of data");
}

export function malformed(reason: string): ProfileDataError {
  return new ProfileDataError("malformed", reason);
}
