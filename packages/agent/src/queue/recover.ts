import { join } from "node:path";
import type { DoneFile } from "./done-file.ts";
import { companionProblem, readDoneFile } from "./done-file.ts";
import type { FileSystem, OpenFile } from "./file-system.ts";
import type { Losses } from "./losses.ts";
import { lostRecords } from "./lost-records.ts";
import { quarantine } from "./quarantine.ts";
import type { RecordBook } from "./record-book.ts";
import { doneEntryBytes, doneFile, fileHeaderBytes, movedFlag, segmentNumbers } from "./record-format.ts";
import { Segment } from "./segment.ts";
import type { DamagedPart, FoundRecord, SegmentScan } from "./segment-scan.ts";
import { followerOf, scanSegment } from "./segment-scan.ts";

interface RecoveredRecord extends FoundRecord {
  /** Empty for what is done. */
  readonly topic: string;
}

/** The sequence number's place of a record that was moved and is done. */
const isDone = 0;

/**
 * Reads what an earlier run left in the folder. Whatever it finds, it goes on: what is damaged is copied aside and told of once, what a crash tore off
 * is cut off, what cannot be read at all stays where it is.
 */
export class Recovery {
  readonly problems: string[] = [];
  /** The first sequence number that is free. */
  nextSequence = 1;
  readonly #files: FileSystem;
  readonly #folder: string;
  readonly #book: RecordBook;
  readonly #losses: Losses;
  readonly #topicOf: (start: Uint8Array) => string;
  /** By slot. */
  readonly #sequences: number[] = [];
  /** Where a record that was moved stands last, by its sequence number. */
  readonly #moved = new Map<number, number>();

  constructor(files: FileSystem, folder: string, book: RecordBook, losses: Losses, topicOf: (start: Uint8Array) => string) {
    this.#files = files;
    this.#folder = folder;
    this.#book = book;
    this.#losses = losses;
    this.#topicOf = topicOf;
  }

  async run(names: readonly string[]): Promise<void> {
    const numbers = segmentNumbers(names);
    for (const number of numbers) {
      try {
        await this.#readSegment(number, number === numbers.at(-1));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.problems.push(`segment ${number} in ${this.#folder} cannot be read and stays as it is: ${reason}`);
      }
    }
    if (this.#moved.size > 0) this.#settleMoved();
    this.#losses.tell();
  }

  async #readSegment(number: number, isNewest: boolean): Promise<void> {
    const segment = new Segment(this.#folder, number, { sealed: true, now: this.#book.clock.monotonic() });
    const companion = await readDoneFile(this.#files, segment.donePath);
    const file = await this.#files.open(segment.path, "read");
    try {
      const records: RecoveredRecord[] = [];
      const follower = await followerOf(this.#files, this.#folder, number);
      const enter = (record: FoundRecord, start: Uint8Array): void => {
        const topic = companion?.done.has(record.offset) === true ? "" : this.#topicOf(start);
        records.push({ ...record, topic });
      };
      const scan = await scanSegment(file, companion, enter, follower);
      if (scan.kind === "unknown") {
        this.problems.push(`${segment.path} was written by a newer version of this program and stays as it is`);
        return;
      }
      segment.mark = scan.mark ?? 0;
      segment.bytes = scan.size;
      const done = companion?.mark === scan.mark ? companion : undefined;
      if (done !== undefined) segment.doneBytes = done.size - ((done.size - fileHeaderBytes) % doneEntryBytes);
      if (done === undefined && records.length > 0) await this.#tellOfCompanion(segment);
      this.#enter(segment, records, done);
      this.#book.store.adopt(segment);
      await this.#settleDamage({ segment, file, scan, done, records, isNewest });
    } finally {
      await file.close();
    }
  }

  async #tellOfCompanion({ donePath }: Segment): Promise<void> {
    const problem = await companionProblem(this.#files, donePath);
    if (problem !== undefined) this.problems.push(`${donePath} does not say what is done, because ${problem}: that may be delivered again`);
  }

  #enter(segment: Segment, records: readonly RecoveredRecord[], done: DoneFile | undefined): void {
    // First, so that the book finds it.
    this.#book.store.segments.set(segment.number, segment);
    for (const { offset, bytes, header, tenant, topic } of records) {
      const { sequence, flags, createdAt, units, payloadBytes } = header;
      this.nextSequence = Math.max(this.nextSequence, sequence + 1);
      const alreadyDone = done?.done.has(offset) === true;
      let slot = isDone;
      if (!alreadyDone) {
        segment.records += 1;
        segment.liveBytes += bytes;
        slot = this.#book.add({ tenant, topic, createdAt, units, payloadBytes }, segment, offset);
        this.#sequences[slot] = sequence;
      }
      if ((flags & movedFlag) !== 0 && this.#moved.get(sequence) !== isDone) this.#moved.set(sequence, slot);
    }
  }

  /** Of a record that stands in several places one is kept; none when it is done in one of them. */
  #settleMoved(): void {
    for (const [slot, sequence] of this.#sequences.entries()) {
      const kept = this.#moved.get(sequence);
      if (kept !== undefined && kept !== slot) this.#book.remove(slot);
    }
    this.#book.schedule.sort((a, b) => (this.#sequences[a] ?? 0) - (this.#sequences[b] ?? 0));
  }

  async #settleDamage(found: {
    readonly segment: Segment;
    readonly file: OpenFile;
    readonly scan: SegmentScan;
    readonly done: DoneFile | undefined;
    readonly records: readonly FoundRecord[];
    readonly isNewest: boolean;
  }): Promise<void> {
    const { segment, file, scan, done, records, isNewest } = found;
    for (const part of scan.damage) {
      if (done?.reported.has(part.offset) === true) continue;
      if (isNewest && part.offset >= scan.syncedTo) {
        if (part.offset + part.bytes < scan.size) this.#book.store.markReported(segment, part.offset);
        else this.#cutOff(segment, part);
        continue;
      }
      const lost = lostRecords(part, { records, damage: scan.damage, companion: done });
      if (lost === 0 && part.offset >= fileHeaderBytes) continue;
      const aside = part.offset < scan.size ? await this.#setAside(segment, file, part) : "the file ends before them";
      this.#tellOf(segment, part, lost, aside);
      this.#book.store.markReported(segment, part.offset);
    }
  }

  /** What a crash left of a write that was never acknowledged. */
  #cutOff(segment: Segment, { offset, bytes }: DamagedPart): void {
    segment.bytes = offset;
    segment.overhang = true;
    this.problems.push(`${segment.path} ended with ${bytes} bytes of a write that a crash interrupted before it was acknowledged: cut off`);
  }

  /** Says what became of the damaged part. */
  async #setAside({ number }: Segment, file: OpenFile, part: DamagedPart): Promise<string> {
    const copy = await quarantine(this.#files, this.#folder, { number, file }, part);
    return copy === undefined ? "it could not be copied aside" : `set aside in ${join(this.#folder, copy)}`;
  }

  #tellOf(segment: Segment, part: DamagedPart, records: number, aside: string): void {
    const { record, payloadStart, offset, bytes } = part;
    const units = record?.header.units ?? records;
    if (records > 0) {
      const topic = payloadStart === undefined ? "" : this.#topicOf(payloadStart);
      const lostBytes = record?.header.payloadBytes ?? bytes;
      this.#losses.add({ reason: "corrupt", tenant: record?.tenant ?? "", topic, units, bytes: lostBytes, records });
    }
    const lost = records === 1 ? "a record" : records === 0 ? "nothing" : `${records} records`;
    this.problems.push(`${segment.path}: ${bytes} bytes at ${offset} are damaged, ${lost} lost; ${aside}`);
  }
}

/** Removes what is left of segments that are gone and of lock files that nobody owns. */
export async function removeLeftovers(files: FileSystem, folder: string, names: readonly string[]): Promise<void> {
  const companions = new Set(segmentNumbers(names).map(doneFile));
  for (const name of names) {
    const isOrphan = /^\d{10}\.done$/.test(name) && !companions.has(name);
    if (isOrphan || /^lock\.[0-9a-f-]{36}$/.test(name)) await files.remove(join(folder, name)).catch(() => undefined);
  }
}
