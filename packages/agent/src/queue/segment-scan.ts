import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { FileSystem, OpenFile } from "./file-system.ts";
import type { RecordHeader } from "./record-format.ts";
import {
  fileHeaderBytes,
  formatVersion,
  maxTenantBytes,
  readFileHeader,
  readRecordHeader,
  recordHeaderBytes,
  recordSize,
  recordStart,
  segmentFile,
  segmentMagic,
} from "./record-format.ts";

/** How much of a segment is in memory while it is read. */
const windowBytes = 1024 * 1024;

/** How much of a payload is shown to those who want to know whose it is. */
export const payloadStartBytes = 4096;

/** The unit of what a failing disk cannot read. */
const pageBytes = 4096;

export interface FoundRecord {
  readonly offset: number;
  /** With header and tenant. */
  readonly bytes: number;
  readonly header: RecordHeader;
  readonly tenant: string;
}

/** A part of a segment that holds no record. */
export interface DamagedPart {
  readonly offset: number;
  readonly bytes: number;
  /** The record whose payload is damaged; undefined when its header is. */
  readonly record: FoundRecord | undefined;
  /** … and the first bytes of that payload, damaged or not. */
  readonly payloadStart?: Uint8Array | undefined;
  /** Of a part that was cut off: the sequence number of the first record of the segment that follows, if it is known. */
  readonly followedBy?: number | undefined;
}

/** What the segment that follows says about one. */
export interface Follower {
  /** How long the segment before it was when it was ended. */
  readonly lengthBefore: number;
  /** Of its first record. */
  readonly sequence: number | undefined;
}

/** What the segment after that of this number says about it; undefined when there is none or it says nothing. */
export async function followerOf(files: FileSystem, folder: string, number: number): Promise<Follower | undefined> {
  try {
    const file = await files.open(join(folder, segmentFile(number + 1)), "read");
    try {
      return await readFollower(file);
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

async function readFollower(file: OpenFile): Promise<Follower | undefined> {
  const bytes = Buffer.alloc(fileHeaderBytes + recordHeaderBytes + maxTenantBytes);
  const start = bytes.subarray(0, await file.read(bytes, 0));
  const header = readFileHeader(segmentMagic, start);
  if (header === undefined || header.version !== formatVersion || header.lengthBefore === 0) return undefined;
  const record = start.subarray(fileHeaderBytes);
  const sequence = record.length < recordHeaderBytes ? undefined : readRecordHeader(record, header.mark)?.sequence;
  return { lengthBefore: header.lengthBefore, sequence };
}

export interface SegmentScan {
  /** `unknown`: made by a newer version of the program. `headless`: its header is damaged. */
  readonly kind: "ok" | "headless" | "unknown";
  readonly mark: number | undefined;
  readonly size: number;
  /** The highest offset up to which the records or the companion say that everything was synced. */
  readonly syncedTo: number;
  /** In the order of their offsets. The last one may be what a crash left of a write. */
  readonly damage: readonly DamagedPart[];
}

/**
 * Reads a segment from its start to its end and tells of every intact record in order. Damage of any kind is skipped up to the next intact record; memory
 * is bounded by a window, not by the file. Pages that the disk cannot read count as damaged;
 * rejects when it reads none at all. With each record come the first bytes of its payload, {@link payloadStartBytes} at most.
 * @param companion knows the mark when the segment's own header is damaged.
 * @param follower and companion show whether the end of the segment is missing, which then is damage too.
 */
export async function scanSegment(
  file: OpenFile,
  companion: { readonly mark: number; readonly syncedTo: number } | undefined,
  onRecord: (record: FoundRecord, start: Uint8Array) => void,
  follower?: Follower,
): Promise<SegmentScan> {
  const view = new FileWindow(file, await file.size());
  const header = readFileHeader(segmentMagic, await view.bytes(0, fileHeaderBytes));
  if (header !== undefined && header.version !== formatVersion) {
    return { kind: "unknown", mark: header.mark, size: view.size, syncedTo: 0, damage: [] };
  }
  const scanner = new Scanner(view, header?.mark ?? companion?.mark, onRecord);
  await scanner.run(header === undefined ? 0 : fileHeaderBytes);
  const { mark, damage } = scanner;
  const noted = companion?.mark === mark ? (companion?.syncedTo ?? 0) : 0;
  const length = Math.max(follower?.lengthBefore ?? 0, noted);
  if (view.size < length) scanner.noteMissing(length, follower?.sequence);
  const syncedTo = Math.max(scanner.syncedTo, noted);
  return { kind: header === undefined ? "headless" : "ok", mark, size: view.size, syncedTo, damage };
}

class Scanner {
  mark: number | undefined;
  syncedTo = 0;
  readonly damage: DamagedPart[] = [];
  readonly #view: FileWindow;
  readonly #onRecord: (record: FoundRecord, start: Uint8Array) => void;

  constructor(view: FileWindow, mark: number | undefined, onRecord: (record: FoundRecord, start: Uint8Array) => void) {
    this.#view = view;
    this.mark = mark;
    this.#onRecord = onRecord;
  }

  async run(start: number): Promise<void> {
    let offset = start;
    while (offset < this.#view.size) {
      const record = await this.#recordAt(offset);
      if (record === undefined) {
        const next = await this.#findRecord(offset + 1);
        this.damage.push({ offset, bytes: next - offset, record: undefined });
        offset = next;
      } else {
        await this.#take(record);
        offset += record.bytes;
      }
    }
  }

  /** The end of the segment is not there: one part with what is damaged before it, unless that can be told apart. */
  noteMissing(length: number, followedBy: number | undefined): void {
    const last = this.damage.at(-1);
    const isLast = last !== undefined && last.offset + last.bytes === this.#view.size;
    const joins = isLast && last.record === undefined;
    const offset = !isLast ? this.#view.size : last.offset + (last.record?.bytes ?? 0);
    if (joins) this.damage.pop();
    if (offset >= length) return;
    this.damage.push({ offset, bytes: length - offset, record: undefined, followedBy });
  }

  async #take(record: FoundRecord): Promise<void> {
    this.syncedTo = Math.max(this.syncedTo, record.header.syncedTo);
    const { offset, bytes } = record;
    const payload = offset + recordHeaderBytes + record.header.tenantBytes;
    // A copy, because the window only moves forward.
    const start = Buffer.from(await this.#view.bytes(payload, Math.min(payloadStartBytes, record.header.payloadBytes)));
    if (offset + bytes <= this.#view.size && (await this.#view.checksum(payload, offset + bytes)) === record.header.payloadCrc) {
      this.#onRecord(record, start);
    } else this.damage.push({ offset, bytes: Math.min(bytes, this.#view.size - offset), record, payloadStart: start });
  }

  /** The record whose intact header stands at `offset`. */
  async #recordAt(offset: number): Promise<FoundRecord | undefined> {
    return this.#readRecord(await this.#view.bytes(offset, recordHeaderBytes + maxTenantBytes), offset);
  }

  #readRecord(bytes: Buffer, offset: number): FoundRecord | undefined {
    if (bytes.length < recordHeaderBytes) return undefined;
    const mark = this.mark ?? bytes.readUInt32LE(4);
    const header = readRecordHeader(bytes, mark);
    if (header === undefined) return undefined;
    this.mark = mark;
    const tenant = bytes.toString("utf8", recordHeaderBytes, recordHeaderBytes + header.tenantBytes);
    return { offset, bytes: recordSize(header.tenantBytes, header.payloadBytes), header, tenant };
  }

  /** Where the next intact header stands from `offset` on; the end of the file when there is none. */
  #findRecord(offset: number): Promise<number> {
    return this.#view.find(
      recordStart(this.mark),
      offset,
      recordHeaderBytes + maxTenantBytes,
      (bytes) => this.#readRecord(bytes, 0) !== undefined,
    );
  }
}

/** A part of a file in memory that moves along. */
class FileWindow {
  readonly size: number;
  readonly #file: OpenFile;
  readonly #buffer: Buffer;
  #start = 0;
  #length = 0;

  constructor(file: OpenFile, size: number) {
    this.#file = file;
    this.size = size;
    this.#buffer = Buffer.allocUnsafe(Math.min(windowBytes, Math.max(size, 1)));
  }

  /** Up to `length` bytes at `offset`, fewer only at the end of the file. Valid until the next call. */
  async bytes(offset: number, length: number): Promise<Buffer> {
    const wanted = Math.min(length, this.size - offset);
    if (offset < this.#start || offset + wanted > this.#start + this.#length) await this.#load(offset);
    const from = offset - this.#start;
    return this.#buffer.subarray(from, Math.min(from + wanted, this.#length));
  }

  async checksum(from: number, to: number): Promise<number> {
    let crc = 0;
    for (let at = from; at < to;) {
      const part = await this.#rest(at);
      if (part.length === 0) break;
      const used = part.subarray(0, to - at);
      crc = crc32(used, crc);
      at += used.length;
    }
    return crc;
  }

  /** Where `needle` stands from `offset` on and `accept` takes it for one, by up to `length` bytes there; {@link size} when nowhere. */
  async find(needle: Buffer, offset: number, length: number, accept: (bytes: Buffer) => boolean): Promise<number> {
    let at = offset;
    while (at + needle.length <= this.size) {
      if ((await this.bytes(at, length)).length < needle.length) break;
      // Without waiting: a hostile payload may be full of needles.
      const part = this.#buffer.subarray(at - this.#start, this.#length);
      const end = at + part.length === this.size ? part.length : part.length - length + 1;
      for (let from = part.indexOf(needle); from >= 0 && from < end; from = part.indexOf(needle, from + 1)) {
        if (accept(part.subarray(from, from + length))) return at + from;
      }
      at += end;
    }
    return this.size;
  }

  /** What is in memory from `offset` on, at least one byte unless the file ends. */
  async #rest(offset: number): Promise<Buffer> {
    const first = await this.bytes(offset, 1);
    return first.length === 0 ? first : this.#buffer.subarray(offset - this.#start, this.#length);
  }

  async #load(offset: number): Promise<void> {
    const wanted = this.#buffer.subarray(0, Math.min(this.#buffer.length, this.size - offset));
    this.#start = offset;
    try {
      this.#length = await this.#file.read(wanted, offset);
    } catch (error) {
      this.#length = await this.#loadPages(wanted, offset, error);
    }
  }

  /** Of a part that cannot be read as a whole what can be; the rest is zeros, which is damage. Nothing at all is no damage but a disk that is away. */
  async #loadPages(wanted: Buffer, offset: number, cause: unknown): Promise<number> {
    let read = 0;
    for (let at = 0; at < wanted.length; at += pageBytes) {
      const page = wanted.subarray(at, at + pageBytes);
      try {
        const count = await this.#file.read(page, offset + at);
        read += count;
        if (count < page.length) return at + count;
      } catch {
        page.fill(0);
      }
    }
    if (read === 0) throw cause;
    return wanted.length;
  }
}
