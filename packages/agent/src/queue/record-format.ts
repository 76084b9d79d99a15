import { crc32 } from "node:zlib";

/**
 * The format on disk, version 1. Numbers are little endian; every CRC is the CRC-32 of zlib.
 *
 * A queue is a folder. `0000000007.segment` holds records in the order in which they were kept, `0000000007.done` says which of them need no keeping any
 * more. Numbers only grow. `lock` says which process has the queue open, `quarantine/` holds damaged parts of segments as they were found. Other files are
 * nobody's business and stay.
 *
 * Both files begin with a header of 24 bytes:
 *
 *     0  8  "FLQUEUE\n" of a segment, "FLQDONE\n" of its companion
 *     8  4  version, 1
 *    12  4  mark: a random number, the same in all records and in the companion of this segment. It keeps bytes that only look like a record, such as a
 *           copy of a segment inside a payload, from being taken for one
 *    16  4  of a segment: the length of the segment before it (its number less 1) when that was ended, 0 when that is not known. A shorter one lost its end
 *    20  4  CRC of the bytes before
 *
 * A record of a segment is a header of 48 bytes, the tenant and the payload:
 *
 *     0  4  "FLQR"
 *     4  4  the segment's mark
 *     8  4  CRC of bytes 12 to 48 and of the tenant
 *    12  4  CRC of the payload
 *    16  4  length of the payload
 *    20  2  length of the tenant, at most 512
 *    22  2  flags. 1: moved here from another segment
 *    24  4  units
 *    28  8  sequence number, from 1, growing. Two records have the same only when one was moved and the crash came before its old place was given up
 *    36  8  when it was created, milliseconds since 1970, a double
 *    44  4  offset in the segment up to which everything was synced when this was written: what is damaged after the highest of them in the newest segment
 *           was torn by a crash and never acknowledged, what is damaged before was lost later
 *
 * A companion is a list of entries of 8 bytes: a number, and a CRC of it. What the CRC begins with says what the entry means:
 *
 *     the mark                                   the record at that offset is done
 *     its complement                             the segment is synced up to that offset
 *     the mark, every second bit flipped         the damaged part that begins at that offset was reported
 *     the mark, every second two bits flipped    so many records are in what is synced
 *
 * An entry that was torn or lost by a crash counts as not written, and its record comes back.
 */
export const segmentMagic = "FLQUEUE\n";
export const doneMagic = "FLQDONE\n";
export const formatVersion = 1;
export const fileHeaderBytes = 24;
export const recordHeaderBytes = 48;
export const doneEntryBytes = 8;
export const maxTenantBytes = 512;
export const movedFlag = 1;

/** Offsets in a segment are 32 bits. */
export const maxRecordBytes = 1024 * 1024 * 1024;

const recordMarker = Buffer.from("FLQR");

export interface RecordHeader {
  readonly payloadCrc: number;
  readonly payloadBytes: number;
  readonly tenantBytes: number;
  readonly flags: number;
  readonly units: number;
  readonly sequence: number;
  readonly createdAt: number;
  readonly syncedTo: number;
}

/** What a record takes in a segment. */
export function recordSize(tenantBytes: number, payloadBytes: number): number {
  return recordHeaderBytes + tenantBytes + payloadBytes;
}

export function fileHeader(magic: string, mark: number, lengthBefore = 0): Buffer {
  const header = Buffer.alloc(fileHeaderBytes);
  header.write(magic, "latin1");
  header.writeUInt32LE(formatVersion, 8);
  header.writeUInt32LE(mark, 12);
  header.writeUInt32LE(lengthBefore, 16);
  header.writeUInt32LE(crc32(header.subarray(0, 20)), 20);
  return header;
}

export interface FileHeader {
  readonly mark: number;
  readonly version: number;
  readonly lengthBefore: number;
}

/** Undefined when this is no intact header of that kind. */
export function readFileHeader(magic: string, bytes: Buffer): FileHeader | undefined {
  if (bytes.length < fileHeaderBytes || bytes.toString("latin1", 0, 8) !== magic) return undefined;
  if (crc32(bytes.subarray(0, 20)) !== bytes.readUInt32LE(20)) return undefined;
  return { version: bytes.readUInt32LE(8), mark: bytes.readUInt32LE(12), lengthBefore: bytes.readUInt32LE(16) };
}

/** Writes the header and the tenant of a record at `at`. */
export function writeRecordHeader(target: Buffer, at: number, mark: number, header: RecordHeader, tenant: Uint8Array): void {
  recordMarker.copy(target, at);
  target.writeUInt32LE(mark, at + 4);
  target.writeUInt32LE(header.payloadCrc, at + 12);
  target.writeUInt32LE(header.payloadBytes, at + 16);
  target.writeUInt16LE(header.tenantBytes, at + 20);
  target.writeUInt16LE(header.flags, at + 22);
  target.writeUInt32LE(header.units, at + 24);
  target.writeUInt32LE(header.sequence % 2 ** 32, at + 28);
  target.writeUInt32LE(Math.floor(header.sequence / 2 ** 32), at + 32);
  target.writeDoubleLE(header.createdAt, at + 36);
  target.writeUInt32LE(header.syncedTo, at + 44);
  target.set(tenant, at + recordHeaderBytes);
  target.writeUInt32LE(crc32(target.subarray(at + 12, at + recordHeaderBytes + header.tenantBytes)), at + 8);
}

/**
 * The record header at the start of `bytes`, which must hold at least {@link recordHeaderBytes} and should hold the tenant too. Undefined when it is none of
 * a segment with this mark, or a damaged one.
 */
export function readRecordHeader(bytes: Buffer, mark: number): RecordHeader | undefined {
  if (bytes.compare(recordMarker, 0, 4, 0, 4) !== 0 || bytes.readUInt32LE(4) !== mark) return undefined;
  const tenantBytes = bytes.readUInt16LE(20);
  if (tenantBytes > maxTenantBytes || bytes.length < recordHeaderBytes + tenantBytes) return undefined;
  if (crc32(bytes.subarray(12, recordHeaderBytes + tenantBytes)) !== bytes.readUInt32LE(8)) return undefined;
  return {
    payloadCrc: bytes.readUInt32LE(12),
    payloadBytes: bytes.readUInt32LE(16),
    tenantBytes,
    flags: bytes.readUInt16LE(22),
    units: bytes.readUInt32LE(24),
    sequence: bytes.readUInt32LE(28) + bytes.readUInt32LE(32) * 2 ** 32,
    createdAt: bytes.readDoubleLE(36),
    syncedTo: bytes.readUInt32LE(44),
  };
}

/** The eight bytes with which every record of a segment begins; without a mark the four that they have in common. */
export function recordStart(mark: number | undefined): Buffer {
  if (mark === undefined) return recordMarker;
  const start = Buffer.alloc(8);
  recordMarker.copy(start);
  start.writeUInt32LE(mark, 4);
  return start;
}

/** What an entry of a companion says of an offset. */
export type EntryKind = "done" | "synced" | "reported" | "count";

const entrySeeds: Readonly<Record<EntryKind, (mark: number) => number>> = {
  done: (mark) => mark,
  synced: (mark) => ~mark >>> 0,
  reported: (mark) => (mark ^ 0x5555_5555) >>> 0,
  count: (mark) => (mark ^ 0x3333_3333) >>> 0,
};

/** Entries for a companion. */
export function doneEntries(mark: number, kind: EntryKind, offsets: readonly number[]): Buffer {
  const entries = Buffer.allocUnsafe(offsets.length * doneEntryBytes);
  const seed = entrySeeds[kind](mark);
  for (const [index, offset] of offsets.entries()) {
    const at = index * doneEntryBytes;
    entries.writeUInt32LE(offset, at);
    entries.writeUInt32LE(crc32(entries.subarray(at, at + 4), seed), at + 4);
  }
  return entries;
}

export interface DoneEntries {
  /** Of records that need no keeping any more. */
  readonly done: ReadonlySet<number>;
  /** Of damaged parts that were reported. */
  readonly reported: ReadonlySet<number>;
  /** How far the segment was synced for sure, 0 when the companion does not say. */
  readonly syncedTo: number;
  /** How many records the segment held then. */
  readonly count: number;
}

/** What the intact entries of a companion say. */
export function readDoneEntries(mark: number, entries: Buffer): DoneEntries {
  const [done, reported] = [new Set<number>(), new Set<number>()];
  let [syncedTo, count] = [0, 0];
  const kinds = (["done", "synced", "count", "reported"] as const).map((kind) => [kind, entrySeeds[kind](mark)] as const);
  for (let at = 0; at + doneEntryBytes <= entries.length; at += doneEntryBytes) {
    const bytes = entries.subarray(at, at + 4);
    const [number, crc] = [entries.readUInt32LE(at), entries.readUInt32LE(at + 4)];
    const [kind] = kinds.find(([, seed]) => crc32(bytes, seed) === crc) ?? [];
    if (kind === "done") done.add(number);
    else if (kind === "reported") reported.add(number);
    else if (kind === "synced") syncedTo = Math.max(syncedTo, number);
    else if (kind === "count") count = Math.max(count, number);
  }
  return { done, reported, syncedTo, count };
}

const segmentName = /^(\d{10})\.segment$/;
const anyName = /^(\d{10})\.(?:segment|done)$/;

export const lockFile = "lock";
export const quarantineFolder = "quarantine";

export function segmentFile(number: number): string {
  return `${String(number).padStart(10, "0")}.segment`;
}

export function doneFile(number: number): string {
  return `${String(number).padStart(10, "0")}.done`;
}

/** The numbers of the segments among these file names, in order. */
export function segmentNumbers(names: readonly string[]): readonly number[] {
  return numbersBy(segmentName, names);
}

/** Numbers that segments or their companions have. */
export function usedNumbers(names: readonly string[]): readonly number[] {
  return numbersBy(anyName, names);
}

function numbersBy(pattern: RegExp, names: readonly string[]): readonly number[] {
  return names
    .flatMap((name) => pattern.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}
