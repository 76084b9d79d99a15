import type { FileSystem } from "./file-system.ts";
import type { OpenFiles } from "./open-files.ts";
import { doneEntries, doneMagic, fileHeader, fileHeaderBytes } from "./record-format.ts";
import type { Segment } from "./segment.ts";

/** The companions of segments: files that say which records are done, and how far a segment is on disk for sure. */
export class Companions {
  /** One was made whose name is not durable yet. */
  hasNewName = false;
  readonly #files: FileSystem;
  readonly #open: OpenFiles;
  /** Segments about which something is to be written, and companions to be synced. */
  readonly #pending = new Set<Segment>();
  readonly #unsynced = new Set<Segment>();
  readonly #forgotten = new WeakSet<Segment>();
  #flushing: Promise<void> | undefined;

  constructor(files: FileSystem, open: OpenFiles) {
    this.#files = files;
    this.#open = open;
  }

  /** Whether there is something to write or to sync. */
  get isUntidy(): boolean {
    return this.#pending.size + this.#unsynced.size > 0;
  }

  async make(segment: Segment): Promise<void> {
    await this.#files.remove(segment.donePath);
    const companion = await this.#files.open(segment.donePath, "create");
    this.#open.adopt(segment.donePath, companion);
    await companion.write([fileHeader(doneMagic, segment.mark)], 0);
    segment.doneBytes = fileHeaderBytes;
    this.hasNewName = true;
  }

  /** The next {@link flush} writes down that what stands at `offset` needs no keeping. */
  remember(segment: Segment, offset: number): void {
    segment.pending.push(offset);
    this.#pending.add(segment);
  }

  /** The next {@link flush} writes down that the damaged part at `offset` was told of. */
  report(segment: Segment, offset: number): void {
    segment.reported.push(offset);
    this.#pending.add(segment);
  }

  /** The next {@link flush} writes down how far the segment is on disk. */
  noteSynced(segment: Segment): void {
    if (segment.notedBytes < segment.bytes) this.#pending.add(segment);
  }

  /** The segment goes, and nothing needs to be known about it any more. */
  forget(segment: Segment): void {
    this.#forgotten.add(segment);
    this.#pending.delete(segment);
    this.#unsynced.delete(segment);
  }

  /** Never rejects: what cannot be written is tried again with the next call. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  /** Makes durable what was written. Never rejects: some records may come back after a crash of the machine then. */
  async sync(): Promise<void> {
    for (const segment of this.#unsynced) {
      this.#unsynced.delete(segment);
      await this.#open.use(segment.donePath, (file) => file.sync()).catch(() => undefined);
    }
  }

  async #flushAll(): Promise<void> {
    for (const segment of this.#pending) {
      this.#pending.delete(segment);
      const { bytes, written, mark, pending, reported } = segment;
      [segment.pending, segment.reported] = [[], []];
      const parts = [doneEntries(mark, "done", pending), doneEntries(mark, "reported", reported)];
      if (bytes > segment.notedBytes) parts.push(doneEntries(mark, "synced", [bytes]), doneEntries(mark, "count", [written]));
      try {
        if (segment.doneBytes === 0) await this.make(segment);
        const entries = Buffer.concat(parts);
        await this.#open.use(segment.donePath, (file) => file.write([entries], segment.doneBytes));
        segment.doneBytes += entries.length;
        segment.notedBytes = bytes;
        if (!this.#forgotten.has(segment)) this.#unsynced.add(segment);
      } catch {
        segment.pending.push(...pending);
        segment.reported.push(...reported);
        if (!this.#forgotten.has(segment)) this.#pending.add(segment);
        return;
      }
    }
  }
}
