import { ProfileDataError } from "../../profile-data-error.ts";
import { type Gzip, unpacked } from "../gzip.ts";
import type { ValueType } from "../profile.ts";
import { countersOf, subtractBase, type ValueLayout } from "./counter-changes.ts";
import { DeltaWriter } from "./delta-writer.ts";
import { ProfileIndex } from "./profile-index.ts";
import { StackIdentity } from "./stack-identity.ts";
import { StackTable } from "./stack-table.ts";
import { StackTotals } from "./stack-totals.ts";

/** Profile types of Go whose counters only rise, with the sample types that do. */
export const cumulativeTypes: Readonly<Record<string, readonly ValueType[]>> = {
  memory: [
    { type: "alloc_objects", unit: "count" },
    { type: "alloc_space", unit: "bytes" },
  ],
  mutex: [
    { type: "contentions", unit: "count" },
    { type: "delay", unit: "nanoseconds" },
  ],
  block: [
    { type: "contentions", unit: "count" },
    { type: "delay", unit: "nanoseconds" },
  ],
};

export interface DeltaLimits {
  /** Of a profile, unpacked. */
  readonly maxBytes: number;
  /** Samples, locations, functions, mappings and texts of a profile together. */
  readonly maxRecords: number;
  /** Values of a sample. */
  readonly maxSampleTypes: number;
  /** Different stacks of a profile, and stacks that are remembered: those not in the newest profile are forgotten when there are more. */
  readonly maxStacks: number;
  /** A stack that so many profiles in a row did not have is forgotten. */
  readonly maxUnseenRounds: number;
}

export const defaultDeltaLimits: DeltaLimits = {
  maxBytes: 64 << 20,
  maxRecords: 4_000_000,
  maxSampleTypes: 32,
  maxStacks: 250_000,
  maxUnseenRounds: 240,
};

/** What the objects of a remembered profile take beside their arrays, measured with many small ones; rounded up. */
const stateOverheadBytes = 2048;

export interface DeltaOptions {
  /** The sample types that count from the program's start, see {@link cumulativeTypes}. */
  readonly counters: readonly ValueType[];
  readonly gzip: Gzip;
  readonly limits?: DeltaLimits;
}

export type DeltaResult = DeltaBaseline | Delta;

/** There was nothing to compare the profile with; the next one will be compared with it. */
export interface DeltaBaseline {
  readonly kind: "baseline";
}

export interface Delta {
  readonly kind: "delta";
  /** What happened since the base, as gzip. */
  readonly profile: Uint8Array;
  /** Makes this profile the base of the next delta: to be called when `profile` is safe. */
  commit(): void;
  /** Keeps the base: the next delta will contain what this one says. False when there is none any more, so that no delta will. */
  rollback(): boolean;
}

/**
 * Turns the profiles of one program, whose counters grow from its start, into profiles of what happened between two of them.
 *
 * The first profile is the baseline. Later ones come out with the counters' rise by stack, other values unchanged, samples without any value left out,
 * and `duration_nanos` as the time since the base. Of samples with the same stack and labels the first stands for all. See {@link FrameHashes} for what
 * makes stacks the same and {@link subtractBase} for counters that fall.
 */
export class DeltaComputer {
  readonly #counters: readonly ValueType[];
  readonly #gzip: Gzip;
  readonly #limits: DeltaLimits;
  #base: Base | undefined;
  /** What a delta that is neither committed nor rolled back holds. */
  #pendingBytes = 0;
  #round = 0;

  constructor({ counters, gzip, limits = defaultDeltaLimits }: DeltaOptions) {
    this.#counters = counters;
    this.#gzip = gzip;
    this.#limits = limits;
  }

  /** Stacks that are remembered. */
  get stacks(): number {
    return this.#base?.table.count ?? 0;
  }

  /** Memory that is kept from profile to profile, and by a delta that waits for its commit: the arrays and {@link stateOverheadBytes}. */
  get heldBytes(): number {
    return this.#base === undefined ? 0 : stateOverheadBytes + this.#base.table.byteLength + this.#pendingBytes;
  }

  /** Frees what is remembered: the next profile is a baseline. A delta that is under way stays right, but is not made up for by a later one. */
  forget(): void {
    this.#base = undefined;
    this.#pendingBytes = 0;
  }

  /**
   * Compares a profile, gzip or plain, with the base. A delta that is neither committed nor rolled back counts as rolled back.
   *
   * @throws ProfileDataError when the profile is damaged or exceeds a limit, with the reference's texts where it has one. The base stays as it is, so that
   * the next good profile gives a delta over the whole time.
   */
  compute(profile: Uint8Array): DeltaResult {
    const plain = this.#unpack(profile);
    this.#round += 1;
    this.#pendingBytes = 0;
    return withScratch((scratch) => this.#compare(plain, scratch));
  }

  #unpack(profile: Uint8Array): Uint8Array {
    const { maxBytes } = this.#limits;
    const plain = unpacked(profile, this.#gzip, maxBytes);
    if (plain.length > maxBytes) throw new ProfileDataError("too_large", `computing delta: profile has more than ${maxBytes} bytes`);
    return plain;
  }

  #compare(plain: Uint8Array, scratch: Scratch): DeltaResult {
    const { index, identity, totals } = scratch;
    const { maxRecords, maxSampleTypes, maxStacks } = this.#limits;
    const types = inPass("pass1Index", () => {
      index.read(plain, maxRecords);
      identity.begin();
      return index.sampleTypes(maxSampleTypes);
    });
    const layout = this.#layoutOf(types);
    const layoutKey = JSON.stringify(types);
    const old = this.#base?.layoutKey === layoutKey ? this.#base : undefined;
    // What an abandoned delta added has no counters in the base.
    old?.table.truncate(old.known);
    const table = old?.table ?? new StackTable(layout.counters.length);
    inPass("pass2AggregateSamples", () => totals.collect(index, identity, table, layout.width, maxStacks));
    if (old === undefined) {
      this.#accept(table, layoutKey, countersOf(totals, layout), totals.seenEntries(), index.timeNanos);
      return { kind: "baseline" };
    }
    return this.#deltaFrom(old, layout, scratch);
  }

  #deltaFrom(old: Base, layout: ValueLayout, { index, totals, writer }: Scratch): Delta {
    const { timeNanos } = index;
    const { table, layoutKey, known } = old;
    const counters = countersOf(totals, layout);
    subtractBase(totals, counters, table, layout, known);
    const elapsed = timeNanos === undefined || old.timeNanos === undefined ? 0n : timeNanos - old.timeNanos;
    const plain = inPass("pass4WriteAndPruneRecords", () => writer.write(totals, layout.width, elapsed > 0n ? elapsed : 0n));
    const seen = totals.seenEntries();
    const round = this.#round;
    const isLatest = (): boolean => round === this.#round && this.#base === old;
    this.#pendingBytes = counters.byteLength + seen.byteLength;
    return {
      kind: "delta",
      profile: this.#gzip.gzip(plain),
      commit: () => {
        if (isLatest()) this.#accept(table, layoutKey, counters, seen, timeNanos);
      },
      rollback: () => {
        if (isLatest()) {
          table.truncate(known);
          this.#pendingBytes = 0;
        }
        return this.#base === old;
      },
    };
  }

  #accept(table: StackTable, layoutKey: string, counters: Int32Array, seen: Int32Array, timeNanos: bigint | undefined): void {
    const { maxStacks, maxUnseenRounds } = this.#limits;
    table.update(seen, counters, this.#round);
    if (table.count > maxStacks) table.evictBefore(this.#round);
    else if (this.#round % maxUnseenRounds === 0) table.evictBefore(this.#round - maxUnseenRounds);
    this.#base = { table, layoutKey, timeNanos, known: table.count };
    this.#pendingBytes = 0;
  }

  #layoutOf(types: readonly ValueType[]): ValueLayout {
    const isCounter = ({ type, unit }: ValueType): boolean =>
      this.#counters.some((counter) => counter.type === type && counter.unit === unit);
    return { width: types.length, counters: types.flatMap((type, column) => (isCounter(type) ? [column] : [])) };
  }
}

/** What the next profile is compared with. */
interface Base {
  readonly table: StackTable;
  /** A profile of other sample types cannot be compared. */
  readonly layoutKey: string;
  readonly timeNanos: bigint | undefined;
  /** Entries of the table that have counters. */
  readonly known: number;
}

/** What one computation needs and the next can use again. */
interface Scratch {
  readonly index: ProfileIndex;
  readonly identity: StackIdentity;
  readonly totals: StackTotals;
  readonly writer: DeltaWriter;
}

/** Computations never overlap, so all computers share it; hundreds of targets would otherwise hold hundreds of buffers. */
let shared: Scratch | undefined;
const maxKeptBytes = 4 << 20;

function withScratch<T>(use: (scratch: Scratch) => T): T {
  const scratch = shared ?? createScratch();
  // A computation that fails leaves none.
  shared = undefined;
  const result = use(scratch);
  const { index, writer } = scratch;
  if (index.reader.end <= maxKeptBytes && writer.capacity <= maxKeptBytes) shared = scratch;
  index.release();
  return result;
}

function createScratch(): Scratch {
  const index = new ProfileIndex();
  return { index, identity: new StackIdentity(index), totals: new StackTotals(), writer: new DeltaWriter(index) };
}

/** Names the part of the work in which the profile proved to be damaged, as the reference names it. */
function inPass<T>(pass: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ProfileDataError) throw error.prefixed(`computing delta: ${pass}: `);
    throw error;
  }
}
