import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { Companions } from "./companions.ts";
import type { FileSystem, OpenFile } from "./file-system.ts";
import { OpenFiles } from "./open-files.ts";
import { QueueError } from "./queue.ts";
import { queueErrorFrom } from "./queue-errors.ts";
import type { RecordHeader } from "./record-format.ts";
import {
  fileHeader,
  fileHeaderBytes,
  readRecordHeader,
  recordHeaderBytes,
  recordSize,
  segmentMagic,
  writeRecordHeader,
} from "./record-format.ts";
import { Segment } from "./segment.ts";

/** A record to be written. */
export interface RecordToWrite {
  readonly tenant: Uint8Array;
  readonly createdAt: number;
  readonly units: number;
  readonly sequence: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

/**
 * The segments of a queue and their companions. One call of {@link write}, {@link move}, {@link tidy} or {@link close} at a time; the others at any time.
 * A record is on disk for sure before it is told of; a failed write or sync leaves nothing behind that anybody is told of.
 */
export class SegmentStore {
  readonly segments = new Map<number, Segment>();
  readonly #folder: string;
  readonly #files: FileSystem;
  readonly #open: OpenFiles;
  readonly #companions: Companions;
  readonly #monotonic: () => number;
  #segmentBytes: number;
  #nextNumber: number;
  #current: { readonly segment: Segment; readonly file: OpenFile } | undefined;
  /** The segment that was the present one before. */
  #ended: Segment | undefined;
  /** Segments of which everything is done. */
  readonly #spent = new Set<Segment>();
  /** Companions whose segments are removed; they go when that is durable. */
  #orphans: string[] = [];

  constructor(folder: string, files: FileSystem, options: { segmentBytes: number; firstNumber: number; monotonic: () => number }) {
    this.#folder = folder;
    this.#files = files;
    this.#open = new OpenFiles(files);
    this.#companions = new Companions(files, this.#open);
    this.#segmentBytes = options.segmentBytes;
    this.#nextNumber = options.firstNumber;
    this.#monotonic = options.monotonic;
  }

  set segmentBytes(bytes: number) {
    this.#segmentBytes = bytes;
  }

  get segmentBytes(): number {
    return this.#segmentBytes;
  }

  get fileBytes(): number {
    let bytes = 0;
    for (const segment of this.segments.values()) bytes += segment.fileBytes;
    return bytes;
  }

  /** The segment to which the next records go, if there is one already. */
  get current(): Segment | undefined {
    return this.#current?.segment;
  }

  get hasSpent(): boolean {
    return this.#spent.size > 0;
  }

  /** Whether there are companions to write, to sync or to remove, or tails to cut off. */
  get isUntidy(): boolean {
    const { isUntidy, hasNewName } = this.#companions;
    const ahead = this.#current !== undefined && this.#current.segment.notedBytes < this.#current.segment.bytes;
    return isUntidy || hasNewName || ahead || this.#orphans.length > 0 || this.#overhanging().length > 0;
  }

  /** Enters a segment found when the queue was opened. */
  adopt(segment: Segment): void {
    // Not everything in it need be synced.
    segment.notedBytes = segment.bytes;
    this.segments.set(segment.number, segment);
    if (segment.records === 0) this.#spend(segment);
  }

  /** Writes records, syncs them and gives the segment and their offsets. Rejects with a {@link QueueError}. */
  async write(records: readonly RecordToWrite[]): Promise<{ readonly segment: Segment; readonly offsets: readonly number[] }> {
    let bytes = 0;
    for (const { tenant, payload } of records) bytes += recordSize(tenant.length, payload.length);
    const { segment, file } = await this.#segmentFor(bytes);
    const isNew = segment.bytes === 0;
    const start = isNew ? fileHeaderBytes : segment.bytes;
    const { parts, offsets } = encode(records, segment.mark, start, isNew ? 0 : start);
    if (isNew) parts.unshift(fileHeader(segmentMagic, segment.mark, this.#lengthBefore(segment)));
    try {
      await file.write(parts, segment.bytes);
      await file.sync();
      if (isNew) await this.#syncFolder();
    } catch (error) {
      await this.#takeBack(segment, file);
      throw queueErrorFrom(error, "write to", segment.path);
    }
    segment.bytes = start + bytes;
    segment.liveBytes += bytes;
    segment.records += records.length;
    segment.written += records.length;
    return { segment, offsets };
  }

  /** A record as it stands on the disk. Rejects with a {@link QueueError}: `corrupt` when it is not what was written. */
  async read(segment: Segment, offset: number, bytes: number): Promise<{ readonly header: RecordHeader; readonly payload: Buffer }> {
    const record = Buffer.allocUnsafe(bytes);
    let count: number;
    try {
      count = await this.#open.use(segment.path, (file) => file.read(record, offset));
    } catch (error) {
      throw queueErrorFrom(error, "read", segment.path);
    }
    const header = count < recordHeaderBytes ? undefined : readRecordHeader(record.subarray(0, count), segment.mark);
    const start = recordHeaderBytes + (header?.tenantBytes ?? 0);
    const payload = record.subarray(start);
    if (header === undefined || count < bytes || header.payloadBytes !== payload.length || crc32(payload) !== header.payloadCrc) {
      throw new QueueError("corrupt", `the record at ${offset} of ${segment.path} is damaged: its checksum does not fit`);
    }
    return { header, payload };
  }

  /** Takes note that a record needs no keeping any more. {@link flush} writes it down. */
  markDone(segment: Segment, offset: number, bytes: number): void {
    segment.records -= 1;
    segment.liveBytes -= bytes;
    segment.touchedAt = this.#monotonic();
    this.#companions.remember(segment, offset);
    if (segment.sealed && segment.records === 0) this.#spend(segment);
  }

  /** Takes note that the damaged part at `offset` was told of. {@link flush} writes it down. */
  markReported(segment: Segment, offset: number): void {
    this.#companions.report(segment, offset);
  }

  /** Writes down what is done. Never rejects: what cannot be written is tried again with the next call. */
  flush(): Promise<void> {
    return this.#companions.flush();
  }

  /** Removes the segments of which everything is done. Never rejects: what cannot be removed is tried again with the next call. */
  async removeSpent(): Promise<void> {
    for (const segment of this.#spent) {
      try {
        this.#open.forget(segment.path);
        this.#open.forget(segment.donePath);
        await this.#files.remove(segment.path);
      } catch {
        continue;
      }
      this.#spent.delete(segment);
      this.segments.delete(segment.number);
      this.#orphans.push(segment.donePath);
    }
  }

  /** Makes durable what is done, and cuts off what a failed write left. Never rejects. */
  async tidy(): Promise<void> {
    // Only of the newest segment is it not known without that.
    if (this.#current !== undefined) this.#companions.noteSynced(this.#current.segment);
    await this.flush();
    await this.#companions.sync();
    for (const segment of this.#overhanging()) await this.#cutOff(segment);
    if (this.#orphans.length > 0 || this.#companions.hasNewName) await this.#removeOrphans();
  }

  /**
   * Makes the removal of segments durable, then removes their companions: were a companion gone while its segment comes back after a crash, everything
   * in it would be there again.
   */
  async #removeOrphans(): Promise<void> {
    const orphans = this.#orphans;
    this.#orphans = [];
    try {
      await this.#syncFolder();
      for (const path of orphans) await this.#files.remove(path);
    } catch {
      this.#orphans.push(...orphans);
    }
  }

  /** Nothing more goes to the present segment. */
  seal(): void {
    if (this.#current === undefined) return;
    const { segment, file } = this.#current;
    this.#current = undefined;
    segment.sealed = true;
    this.#ended = segment;
    this.#open.adopt(segment.path, file);
    if (segment.records === 0) this.#spend(segment);
  }

  async close(): Promise<void> {
    await this.tidy();
    this.seal();
    await this.flush();
    await this.removeSpent();
    await this.tidy();
    await this.#open.close();
  }

  async #syncFolder(): Promise<void> {
    await this.#files.syncFolder(this.#folder);
    this.#companions.hasNewName = false;
  }

  /** Only of a segment that was written here: of one that was found, not everything need be synced. */
  #lengthBefore({ number }: Segment): number {
    return this.#ended?.number === number - 1 ? this.#ended.bytes : 0;
  }

  async #segmentFor(bytes: number): Promise<{ readonly segment: Segment; readonly file: OpenFile }> {
    const present = this.#current?.segment;
    if (present !== undefined && present.bytes + bytes > this.#segmentBytes) this.seal();
    this.#current ??= await this.#begin();
    return this.#current;
  }

  async #begin(): Promise<{ readonly segment: Segment; readonly file: OpenFile }> {
    const mark = randomBytes(4).readUInt32LE();
    const segment = new Segment(this.#folder, this.#nextNumber++, { mark, sealed: false, now: this.#monotonic() });
    let file: OpenFile | undefined;
    try {
      file = await this.#files.open(segment.path, "create");
      await this.#companions.make(segment);
    } catch (error) {
      await this.#discard(segment, file);
      throw queueErrorFrom(error, "create", segment.path);
    }
    this.segments.set(segment.number, segment);
    return { segment, file };
  }

  /**
   * After a failed write or sync. What was written is cut off, and nothing more goes to that segment: after a failed sync nobody knows which pages are on
   * the disk, and a second sync may claim success; and on a full disk only a segment that is ended gives back its room when everything in it is done.
   */
  async #takeBack(segment: Segment, file: OpenFile): Promise<void> {
    if (segment.bytes === 0) {
      this.#current = undefined;
      return this.#discard(segment, file);
    }
    try {
      await file.truncate(segment.bytes);
      await file.sync();
    } catch {
      segment.overhang = true;
    }
    this.seal();
  }

  /** Removes a segment in which nothing was kept. When the disk does not let us, it is removed later. */
  async #discard(segment: Segment, file: OpenFile | undefined): Promise<void> {
    segment.sealed = true;
    this.segments.set(segment.number, segment);
    this.#spend(segment);
    await file?.close().catch(() => undefined);
    await this.removeSpent();
  }

  async #cutOff(segment: Segment): Promise<void> {
    try {
      await this.#open.use(segment.path, async (file) => {
        await file.truncate(segment.bytes);
        await file.sync();
      });
      segment.overhang = false;
    } catch {
      // It stays in the list.
    }
  }

  #overhanging(): readonly Segment[] {
    return [...this.segments.values()].filter(({ overhang }) => overhang);
  }

  #spend(segment: Segment): void {
    this.#companions.forget(segment);
    this.#spent.add(segment);
  }
}

function encode(
  records: readonly RecordToWrite[],
  mark: number,
  start: number,
  syncedTo: number,
): { readonly parts: Uint8Array[]; readonly offsets: readonly number[] } {
  let headerBytes = 0;
  for (const { tenant } of records) headerBytes += recordHeaderBytes + tenant.length;
  const headers = Buffer.allocUnsafe(headerBytes);
  const parts: Uint8Array[] = [];
  const offsets: number[] = [];
  let at = 0;
  let offset = start;
  for (const record of records) {
    const { tenant, payload } = record;
    const header = { ...record, tenantBytes: tenant.length, payloadBytes: payload.length, payloadCrc: crc32(payload), syncedTo };
    writeRecordHeader(headers, at, mark, header, tenant);
    const end = at + recordHeaderBytes + tenant.length;
    parts.push(headers.subarray(at, end));
    if (payload.length > 0) parts.push(payload);
    offsets.push(offset);
    at = end;
    offset += recordSize(tenant.length, payload.length);
  }
  return { parts, offsets };
}
