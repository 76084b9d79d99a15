import * as fc from "fast-check";
import { meaningOf, type PprofProfile } from "./pprof-messages.ts";

const texts = ["", "samples", "count", "cpu", "nanoseconds", "main", "work", "é", "x.go", "thread", "span", "a", "b", "bytes", "comment"];
const functions = { first: 5, count: 3 };
const places = 4;

const value = fc.oneof(fc.bigInt({ min: -3n, max: 20n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
const label = fc.record({
  key: fc.constantFrom(9, 10, 11),
  str: fc.constantFrom(0, 0, 11, 12, 5),
  num: fc.constantFrom("0", "7", "-1", "4294967303"),
  numUnit: fc.constantFrom(0, 13),
});
const sample = fc.record({
  stack: fc.array(fc.nat({ max: places - 1 }), { maxLength: 4 }),
  values: fc.tuple(value, value),
  labels: fc.array(label, { maxLength: 3 }),
});

export interface ArbitraryPprof {
  readonly profile: PprofProfile;
  readonly form: "packed" | "single";
}

/** Profiles with a few frames, so that many samples are equal; with ids far apart, records nobody refers to, labels twice, and numbers of all sizes. */
export const arbitraryPprof: fc.Arbitrary<ArbitraryPprof> = fc
  .record({
    samples: fc.array(sample, { maxLength: 12 }),
    firstId: fc.constantFrom(1, 7, 3_000_000),
    step: fc.constantFrom(1, 5, 2_000_000_000_000),
    hasAddresses: fc.boolean(),
    timeNanos: fc.constantFrom("0", "1700000000000000001"),
    form: fc.constantFrom("packed" as const, "single" as const),
  })
  .map(({ samples, firstId, step, hasAddresses, timeNanos, form }) => {
    const idOf = (place: number): number => firstId + place * step;
    const profile: PprofProfile = {
      sampleType: [
        { type: 1, unit: 2 },
        { type: 3, unit: 4 },
      ],
      sample: samples.map(({ stack, values, labels }) => ({
        locationId: stack.map(idOf),
        value: values.map(String),
        // A number beside a text is no label of Go's.
        label: labels.map(({ key, str, num, numUnit }) => (str === 0 ? { key, num, numUnit } : { key, str })),
      })),
      mapping: [{ id: 3, memoryStart: "0", memoryLimit: "18446744073709551615", filename: 8, hasFunctions: true }],
      location: Array.from({ length: places }, (_, place) => ({
        id: idOf(place),
        mappingId: hasAddresses ? 3 : 0,
        address: hasAddresses ? String(0xffff_ffff_8000_0000n + BigInt(place)) : 0,
        line: [{ functionId: idOf(place % functions.count), line: place < functions.count ? 5 : 2 ** 40 }],
      })),
      function: Array.from({ length: functions.count }, (_, index) => ({ id: idOf(index), name: functions.first + index, filename: 8 })),
      stringTable: texts,
      timeNanos,
      durationNanos: "10",
      periodType: { type: 3, unit: 4 },
      period: 100,
      comment: [14],
      defaultSampleType: 3,
    };
    return { profile, form };
  });

/** Values of a profile added up by stack and labels, and how many samples there were. */
export interface Sums {
  readonly samples: number;
  readonly values: ReadonlyMap<string, readonly bigint[]>;
}

export function sumsOf(...profiles: readonly PprofProfile[]): Sums {
  const values = new Map<string, readonly bigint[]>();
  const samples = profiles.flatMap(meaningOf);
  for (const { stack, labels, values: added } of samples) {
    const key = `${stack} ${labels}`;
    const old = values.get(key);
    values.set(
      key,
      added.map((text, column) => BigInt.asIntN(64, BigInt(text) + (old?.[column] ?? 0n))),
    );
  }
  return { samples: samples.length, values };
}

/** The sum over all samples, for each sample type. */
export function totalOf(...profiles: readonly PprofProfile[]): readonly bigint[] {
  const totals: bigint[] = [];
  for (const { values } of profiles.flatMap(meaningOf)) {
    for (const [column, text] of values.entries()) totals[column] = BigInt.asIntN(64, BigInt(text) + (totals[column] ?? 0n));
  }
  return totals;
}
