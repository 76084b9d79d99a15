/** Somebody or something damages the files of the queue while the program is down. */
import { globSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { flameline } from "../support/flameline.ts";
import { FaultRun } from "./fault-run.ts";
import { timeoutFor } from "./scale.ts";

/** Segments of 1 MiB, of which each holds about 50 profiles. */
const write = 'queue {\nmax_bytes = "8MiB"\n}';
const senders = { rate: 100, bytes: 40_000 };
const profiles = 150;

interface Damage {
  readonly name: string;
  readonly damage: (segments: readonly string[]) => void;
  /** How many profiles it may cost. */
  readonly costs: { readonly least: number; readonly most: number };
  /** What `flameline queue check` says of it. */
  readonly check: RegExp;
}

/** Where each record of a segment begins. */
function recordsOf(bytes: Buffer): readonly number[] {
  const start = bytes.subarray(24, 32);
  const offsets: number[] = [];
  for (let at = bytes.indexOf(start); at >= 0; at = bytes.indexOf(start, at + 1)) offsets.push(at);
  return offsets;
}

function change(path: string, edit: (bytes: Buffer, records: readonly number[]) => void): void {
  const bytes = readFileSync(path);
  edit(bytes, recordsOf(bytes));
  writeFileSync(path, bytes);
}

function flip(bytes: Buffer, at: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
}

/** Leaves twenty records, and so much of the next one. */
function cut(path: string, bytes: number): void {
  truncateSync(path, (recordsOf(readFileSync(path))[20] ?? 0) + bytes);
}

const damages: readonly Damage[] = [
  {
    name: "a flipped bit in a profile",
    damage: ([first = ""]) => change(first, (bytes, records) => flip(bytes, (records[3] ?? 0) + 5000)),
    costs: { least: 1, most: 1 },
    check: /are damaged: 1 record lost/,
  },
  {
    name: "a flipped bit in a record's header",
    damage: ([first = ""]) => change(first, (bytes, records) => flip(bytes, (records[3] ?? 0) + 17)),
    costs: { least: 1, most: 1 },
    check: /are damaged: 1 record lost/,
  },
  {
    name: "a flipped bit in a segment's header",
    damage: ([first = ""]) => change(first, (bytes) => flip(bytes, 9)),
    costs: { least: 0, most: 0 },
    check: /24 bytes at 0 are damaged/,
  },
  {
    name: "ten flipped bits in every ended segment",
    damage: (segments) => {
      // The end of the one that is written looks like a write that a crash has torn.
      for (const path of segments.slice(0, -1)) {
        change(path, (bytes, records) => {
          for (const record of records.slice(2, 12)) flip(bytes, record + Math.floor(Math.random() * 20_000));
        });
      }
    },
    costs: { least: 20, most: 40 },
    check: /are damaged: 1 record lost/,
  },
  {
    name: "a hole of 100 kB",
    damage: ([first = ""]) => change(first, (bytes, records) => bytes.fill(0, (records[5] ?? 0) + 100, (records[5] ?? 0) + 100_100)),
    costs: { least: 5, most: 7 },
    check: /are damaged: \d records? lost/,
  },
  {
    name: "a segment that is cut short",
    damage: ([first = ""]) => cut(first, 1000),
    costs: { least: 20, most: 40 },
    check: /are damaged: 2\d records lost/,
  },
  {
    name: "a segment that is cut short between two records",
    damage: ([first = ""]) => truncateSync(first, recordsOf(readFileSync(first))[20]),
    costs: { least: 20, most: 40 },
    check: /are damaged: 2\d records lost/,
  },
  {
    name: "files of somebody else",
    damage: ([first = ""]) => {
      const folder = dirname(first);
      mkdirSync(join(folder, "0000000077.segment"));
      writeFileSync(join(folder, "0000000088.segment"), "this is no segment");
      writeFileSync(join(folder, "0000000088.done"), "");
      writeFileSync(join(folder, "notes.txt"), "of mine");
      writeFileSync(join(folder, "lock"), "not a lock");
    },
    costs: { least: 0, most: 0 },
    check: /0000000077\.segment cannot be read/,
  },
];

describe.concurrent("a damaged queue", () => {
  it.each(damages)(
    "with $name: starts, counts what is lost and delivers the rest",
    { timeout: timeoutFor(30_000, 30_000) },
    async (one) => {
      await using run = await FaultRun.start({ write, senders });
      await run.sink.down();
      await vi.waitFor(() => expect(run.senders.acknowledged.length).toBeGreaterThan(profiles), { timeout: 20_000 });
      run.senders.pause();
      await vi.waitFor(() => expect(run.senders.underWay).toBe(0), { timeout: 5000 });
      await run.collector.kill();
      const segments = globSync("pyroscope.write.sink/queue/*/*.segment", { cwd: run.collector.storage }).sort();
      expect(segments.length).toBeGreaterThan(2);
      one.damage(segments.map((path) => join(run.collector.storage, path)));

      const check = await flameline(["queue", "check", run.collector.storage]);
      await run.collector.restart();
      await run.sink.up();
      const { reasons, rejected } = await run.settle(`queue with ${one.name}`, { lost: (accounts) => accounts.rejected });
      expect(reasons).toEqual(rejected === 0 ? {} : { corrupt: rejected });
      expect(rejected).toBeGreaterThanOrEqual(one.costs.least);
      expect(rejected).toBeLessThanOrEqual(one.costs.most);
      expect(check).toMatchObject({ code: 1, stdout: expect.stringMatching(one.check) as string });

      const breaks = [Date.now()];
      await run.collector.kill();
      await run.collector.restart();
      await run.settle(`queue with ${one.name}, started again`, { lost: () => rejected, breaks });
      expect(run.collector.log().match(/reason=corrupt/g)?.length ?? 0).toBe(rejected === 0 ? 0 : 1);
    },
  );
});
