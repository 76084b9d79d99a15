import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProfileDataError } from "../../profile-data-error.ts";
import { nodeGzip } from "../../testing/gzip.ts";
import { decodePprof, encodePprof, meaningOf, type PprofProfile } from "../../testing/pprof-messages.ts";
import { cumulativeTypes, DeltaComputer } from "./delta-computer.ts";

const strings = ["", "alloc_objects", "count", "alloc_space", "bytes", "inuse_space", "f0", "f1", "f2", "f3", "k", "v", "x.go"];
const places = 4;

const value = fc.oneof(fc.bigInt({ min: 0n, max: 20n }), fc.bigInt({ min: 0n, max: 2n ** 62n }));
const label = fc.record({ key: fc.constantFrom(10, 11), str: fc.constantFrom(0, 11), num: fc.constantFrom("0", "7", "4294967303") });
const sample = fc.record({
  stack: fc.array(fc.nat({ max: places - 1 }), { maxLength: 3 }),
  values: fc.tuple(value, value, value),
  labels: fc.uniqueArray(label, { maxLength: 2, selector: (one) => JSON.stringify(one) }),
});

interface Shape {
  readonly samples: readonly {
    stack: readonly number[];
    values: readonly bigint[];
    labels: readonly { key: number; str: number; num: string }[];
  }[];
  /** Id of the first location or function and the step to the next. */
  readonly firstId: number;
  readonly step: number;
  readonly form: "packed" | "single";
}

const shape: fc.Arbitrary<Shape> = fc.record({
  samples: fc.array(sample, { maxLength: 8 }),
  firstId: fc.constantFrom(1, 7, 3_000_000),
  step: fc.constantFrom(1, 5, 2_000_000_000_000),
  form: fc.constantFrom("packed", "single"),
});

function pprof({ samples, firstId, step }: Shape, hasAddresses: boolean): PprofProfile {
  const ids = Array.from({ length: places }, (_, index) => firstId + index * step);
  return {
    sampleType: [
      { type: 1, unit: 2 },
      { type: 5, unit: 4 },
      { type: 3, unit: 4 },
    ],
    sample: samples.map(({ stack, values, labels }) => ({
      locationId: stack.map((place) => ids[place] ?? 0),
      value: values.map(String),
      label: [...labels],
    })),
    location: ids.map((id, place) => ({
      id,
      address: hasAddresses ? String(0xffff_ffff_8000_0000n + BigInt(place)) : 0,
      line: [{ functionId: id, line: 5 }],
    })),
    function: ids.map((id, place) => ({ id, name: 6 + place, filename: 12 })),
    stringTable: strings,
  };
}

type Sums = Map<string, readonly bigint[]>;

/** Values summed by meaning. */
function sumsOf(profile: PprofProfile): Sums {
  const sums = new Map<string, readonly bigint[]>();
  for (const { stack, labels, values } of meaningOf(profile)) {
    const key = `${stack} ${labels}`;
    const old = sums.get(key);
    sums.set(
      key,
      values.map((text, column) => BigInt.asIntN(64, BigInt(text) + (old?.[column] ?? 0n))),
    );
  }
  return sums;
}

const isCounter = [true, false, true];

/** What the delta must say, written as plainly as possible. */
function expectedDelta(before: Sums, after: Sums): Sums {
  const risen = new Map(
    [...after].map(([key, values]) => [
      key,
      values.map((one, column) => (isCounter[column] === true ? one - (before.get(key)?.[column] ?? 0n) : one)),
    ]),
  );
  const known = [...risen].filter(([key]) => before.has(key));
  const restarted = isCounter.some(
    (counter, column) => counter && known.reduce((sum, [, values]) => sum + (values[column] ?? 0n), 0n) < 0n,
  );
  const clamped = [...risen].map(
    ([key, values]) => [key, values.map((one, column) => (isCounter[column] === true && one < 0n ? 0n : one))] as const,
  );
  return new Map((restarted ? [...after] : clamped).filter(([, values]) => values.some((one) => one !== 0n)));
}

const sorted = (sums: Sums): unknown => [...sums].sort(([a], [b]) => (a < b ? -1 : 1));

describe("DeltaComputer", () => {
  it("agrees with the plainest computation", () => {
    fc.assert(
      fc.property(fc.tuple(shape, shape, shape), fc.boolean(), (shapes, hasAddresses) => {
        const computer = new DeltaComputer({ counters: cumulativeTypes["memory"] ?? [], gzip: nodeGzip });
        let base: Sums | undefined;
        for (const one of shapes) {
          const profile = pprof(one, hasAddresses);
          const result = computer.compute(encodePprof(profile, one.form));
          const now = sumsOf(profile);
          // Sums beyond int64 wrap around in both, but then no order is left to compare.
          fc.pre([...now.values()].flat().every((sum) => sum >= 0n));
          if (base === undefined) expect(result.kind).toBe("baseline");
          else if (result.kind === "delta") {
            const delta = decodePprof(gunzipSync(result.profile));
            expect(sorted(sumsOf(delta))).toEqual(sorted(expectedDelta(base, now)));
            expect(delta.sample?.length ?? 0).toBe(sumsOf(delta).size);
            result.commit();
          }
          base = new Map([...(base ?? []), ...now]);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("answers damaged profiles with a value or its own error, and goes on", () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 5 });
    const good = encodePprof(
      pprof({ samples: [{ stack: [0, 1], values: [1n, 2n, 3n], labels: [] }], firstId: 1, step: 1, form: "packed" }, true),
    );
    fc.assert(
      fc.property(shape, damage, fc.nat({ max: 10 }), (one, changes, cut) => {
        const computer = new DeltaComputer({ counters: cumulativeTypes["memory"] ?? [], gzip: nodeGzip });
        const bytes = encodePprof(pprof(one, false), one.form);
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        computer.compute(good);
        try {
          computer.compute(bytes.subarray(0, bytes.length - cut));
        } catch (error) {
          expect(error).toBeInstanceOf(ProfileDataError);
        }
        expect(() => computer.compute(good)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});
