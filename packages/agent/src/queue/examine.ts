import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { DoneFile } from "./done-file.ts";
import { companionProblem, readDoneFile } from "./done-file.ts";
import { nodeFileSystem } from "./file-system.ts";
import { lostRecords } from "./lost-records.ts";
import { doneFile, fileHeaderBytes, lockFile, movedFlag, quarantineFolder, segmentFile, segmentNumbers } from "./record-format.ts";
import type { FoundRecord } from "./segment-scan.ts";
import { followerOf, scanSegment } from "./segment-scan.ts";

/** Folders in a storage directory are looked through this deep. */
const depthLimit = 6;

export interface TenantReport {
  readonly tenant: string;
  records: number;
  units: number;
  /** Of records that wait, with what the format adds. */
  bytes: number;
  oldestAt: number;
}

/** What losses would be told by, see `topicOf` of the queue's options. */
export interface TopicReport {
  readonly topic: string;
  records: number;
  units: number;
  bytes: number;
}

export interface DamageReport {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
  /** How many records it cost, as far as that can be told. */
  readonly records: number;
  /** Known when only the payload is damaged. */
  readonly tenant: string | undefined;
  /** Whether a collector has found it already and told of it. */
  readonly isReported: boolean;
}

/** What a queue's folder holds. */
export interface QueueReport {
  readonly folder: string;
  readonly segments: number;
  readonly fileBytes: number;
  readonly records: number;
  readonly units: number;
  readonly bytes: number;
  /** Records that are still in the files and need no keeping. */
  readonly done: number;
  readonly oldestAt: number | undefined;
  /** Those that hold most first. */
  readonly tenants: readonly TenantReport[];
  /** Those that hold most first. */
  readonly topics: readonly TopicReport[];
  readonly damage: readonly DamageReport[];
  /** Writes that are under way or were interrupted by a crash: never acknowledged. */
  readonly unfinished: readonly { readonly file: string; readonly offset: number; readonly bytes: number }[];
  /** Parts of segments that a collector set aside. */
  readonly quarantine: readonly { readonly file: string; readonly bytes: number }[];
  /** Files that cannot be read, or that a newer version of this program made. */
  readonly unreadable: readonly { readonly file: string; readonly reason: string }[];
}

interface Waiting {
  readonly sequence: number;
  readonly tenant: string;
  readonly topic: string;
  readonly createdAt: number;
  readonly units: number;
  readonly bytes: number;
}

/** The folders of queues in a directory, itself perhaps, in order. Rejects when it cannot be read. */
export async function findQueues(directory: string): Promise<readonly string[]> {
  return (await searchQueues(directory, depthLimit)).sort();
}

async function searchQueues(directory: string, depth: number): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.map(({ name }) => name);
  if (segmentNumbers(names).length > 0 || names.includes(quarantineFolder) || names.includes(lockFile)) return [directory];
  const folders = entries.filter((entry) => entry.isDirectory() && depth > 0);
  const found = await Promise.all(folders.map(({ name }) => searchQueues(join(directory, name), depth - 1).catch(() => [])));
  return found.flat();
}

/**
 * Reads everything in a queue's folder and verifies every checksum, without changing anything; also while a collector uses it. `topicOf` is given the first
 * bytes of a payload.
 */
export async function examineQueue(folder: string, topicOf: (start: Uint8Array) => string = () => ""): Promise<QueueReport> {
  const examination = new Examination(folder, topicOf);
  const names = await readdir(folder);
  const numbers = segmentNumbers(names);
  for (const number of numbers) await examination.readSegment(number, number === numbers.at(-1));
  return examination.report(await fileSizes(folder, names), await quarantined(folder));
}

class Examination {
  readonly #folder: string;
  readonly #topicOf: (start: Uint8Array) => string;
  #waiting: Waiting[] = [];
  /** Moved records by sequence number: the last place where one stands, `done` when it is done anywhere. */
  readonly #moved = new Map<number, Waiting | "done">();
  readonly #damage: DamageReport[] = [];
  readonly #unfinished: QueueReport["unfinished"][number][] = [];
  readonly #unreadable: QueueReport["unreadable"][number][] = [];
  #segments = 0;
  #done = 0;

  constructor(folder: string, topicOf: (start: Uint8Array) => string) {
    this.#folder = folder;
    this.#topicOf = topicOf;
  }

  async readSegment(number: number, isNewest: boolean): Promise<void> {
    const file = segmentFile(number);
    this.#segments += 1;
    const companion = await readDoneFile(nodeFileSystem, join(this.#folder, doneFile(number)));
    try {
      const segment = await nodeFileSystem.open(join(this.#folder, file), "read");
      try {
        const records: (FoundRecord & { readonly topic: string })[] = [];
        const follower = await followerOf(nodeFileSystem, this.#folder, number);
        const enter = (record: FoundRecord, start: Uint8Array): void => void records.push({ ...record, topic: this.#topicOf(start) });
        const scan = await scanSegment(segment, companion, enter, follower);
        if (scan.kind === "unknown") this.#unreadable.push({ file, reason: "made by a newer version of this program" });
        const done = companion?.mark === scan.mark ? companion : undefined;
        for (const record of records) this.#addRecord(record, done);
        if (done === undefined && records.length > 0) await this.#examineCompanion(number);
        for (const part of scan.damage) {
          const { offset, bytes, record } = part;
          const isReported = done?.reported.has(offset) === true;
          if (isNewest && offset >= scan.syncedTo && !isReported) this.#unfinished.push({ file, offset, bytes });
          else {
            const lost = lostRecords(part, { records, damage: scan.damage, companion: done });
            if (lost > 0 || offset < fileHeaderBytes)
              this.#damage.push({ file, offset, bytes, records: lost, tenant: record?.tenant, isReported });
          }
        }
      } finally {
        await segment.close();
      }
    } catch (error) {
      // A collector may have removed it meanwhile.
      if (error instanceof Error && "code" in error && error.code === "ENOENT") this.#segments -= 1;
      else this.#unreadable.push({ file, reason: error instanceof Error ? error.message : String(error) });
    }
  }

  async #examineCompanion(number: number): Promise<void> {
    const file = doneFile(number);
    const problem = await companionProblem(nodeFileSystem, join(this.#folder, file));
    if (problem !== undefined) this.#unreadable.push({ file, reason: `${problem}: what it says is done may be delivered again` });
  }

  report(fileBytes: number, quarantine: QueueReport["quarantine"]): QueueReport {
    const waiting = this.#waiting.filter((one) => !this.#moved.has(one.sequence) || this.#moved.get(one.sequence) === one);
    const tenants = new Map<string, TenantReport>();
    const topics = new Map<string, TopicReport>();
    for (const { tenant, topic, createdAt, units, bytes } of waiting) {
      const entry = tenants.get(tenant) ?? { tenant, records: 0, units: 0, bytes: 0, oldestAt: createdAt };
      entry.records += 1;
      entry.units += units;
      entry.bytes += bytes;
      entry.oldestAt = Math.min(entry.oldestAt, createdAt);
      tenants.set(tenant, entry);
      const same = topics.get(topic) ?? { topic, records: 0, units: 0, bytes: 0 };
      same.records += 1;
      same.units += units;
      same.bytes += bytes;
      topics.set(topic, same);
    }
    const byBytes = [...tenants.values()].sort((a, b) => b.bytes - a.bytes);
    return {
      folder: this.#folder,
      segments: this.#segments,
      fileBytes,
      records: waiting.length,
      units: byBytes.reduce((sum, { units }) => sum + units, 0),
      bytes: byBytes.reduce((sum, { bytes }) => sum + bytes, 0),
      done: this.#done,
      oldestAt: byBytes.length === 0 ? undefined : Math.min(...byBytes.map(({ oldestAt }) => oldestAt)),
      tenants: byBytes,
      topics: [...topics.values()].sort((a, b) => b.bytes - a.bytes),
      damage: this.#damage,
      unfinished: this.#unfinished,
      quarantine,
      unreadable: this.#unreadable,
    };
  }

  #addRecord({ offset, bytes, header, tenant, topic }: FoundRecord & { readonly topic: string }, done: DoneFile | undefined): void {
    const { sequence, createdAt, units, flags } = header;
    const isMoved = (flags & movedFlag) !== 0;
    if (done?.done.has(offset) === true) {
      this.#done += 1;
      if (isMoved) this.#moved.set(sequence, "done");
      return;
    }
    const waiting: Waiting = { sequence, tenant, topic, createdAt, units, bytes };
    this.#waiting.push(waiting);
    if (isMoved && this.#moved.get(sequence) !== "done") this.#moved.set(sequence, waiting);
  }
}

async function fileSizes(folder: string, names: readonly string[]): Promise<number> {
  const own = names.filter((name) => /^\d{10}\.(?:segment|done)$/.test(name));
  const sizes = await Promise.all(own.map((name) => sizeOf(join(folder, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function quarantined(folder: string): Promise<QueueReport["quarantine"]> {
  const names: string[] = await readdir(join(folder, quarantineFolder)).catch(() => []);
  return Promise.all(
    names.sort().map(async (name) => ({ file: join(quarantineFolder, name), bytes: await sizeOf(join(folder, quarantineFolder, name)) })),
  );
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
