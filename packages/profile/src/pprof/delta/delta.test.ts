import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { nodeGzip } from "../../testing/gzip.ts";
import { decodePprof, encodePprof, meaningOf, type PprofProfile, type PprofSample } from "../../testing/pprof-messages.ts";
import { WireWriter } from "../../wire/wire-writer.ts";
import { cumulativeTypes, defaultDeltaLimits, DeltaComputer, type DeltaLimits, type DeltaResult } from "./delta-computer.ts";

const stringTable = [
  "",
  "alloc_objects",
  "count",
  "alloc_space",
  "bytes",
  "inuse_objects",
  "inuse_space",
  "a",
  "b",
  "a.go",
  "b.go",
  "key",
  "text",
  "unused",
];
const second = 1_000_000_000;

/** A heap profile of stacks `a` (location 1) and `b` (location 2). */
function heap(samples: PprofSample[], seconds = 0, more: PprofProfile = {}): PprofProfile {
  return {
    sampleType: [
      { type: 1, unit: 2 },
      { type: 3, unit: 4 },
      { type: 5, unit: 2 },
      { type: 6, unit: 4 },
    ],
    sample: samples,
    location: [
      { id: 1, address: 0x1000, line: [{ functionId: 1, line: 1 }] },
      { id: 2, address: 0x2000, line: [{ functionId: 2, line: 2 }] },
    ],
    function: [
      { id: 1, name: 7, filename: 9 },
      { id: 2, name: 8, filename: 10 },
    ],
    stringTable,
    timeNanos: String(1_700_000_000n * BigInt(second) + BigInt(seconds) * BigInt(second)),
    ...more,
  };
}

const computer = (limits: Partial<DeltaLimits> = {}, type = "memory"): DeltaComputer =>
  new DeltaComputer({ counters: cumulativeTypes[type] ?? [], gzip: nodeGzip, limits: { ...defaultDeltaLimits, ...limits } });

function profileOf(result: DeltaResult): PprofProfile {
  if (result.kind === "baseline") throw new Error("a baseline");
  return decodePprof(gunzipSync(result.profile));
}

/** Feeds profiles one after the other, committing each delta; gives what came out for the last. */
function deltaOf(profiles: readonly PprofProfile[], into = computer()): PprofProfile {
  const outcomes = profiles.map((profile) => {
    const result = into.compute(encodePprof(profile));
    if (result.kind === "delta") result.commit();
    return result;
  });
  const last = outcomes.at(-1);
  if (last === undefined) throw new Error("no profile");
  return profileOf(last);
}

const valuesOf = (profile: PprofProfile): unknown => profile.sample?.map(({ value }) => value);

describe("DeltaComputer", () => {
  it("gives what counters rose by, the time since, and other values as they are", () => {
    const delta = deltaOf([heap([{ locationId: [1], value: [1, 2, 3, 4] }]), heap([{ locationId: [1], value: [10, 2, 3, 4] }], 15)]);
    expect(valuesOf(delta)).toEqual([["9", "0", "3", "4"]]);
    expect(delta.durationNanos).toBe(String(15 * second));
  });

  it("takes the first profile as the baseline", () => {
    const into = computer();
    expect(into.compute(encodePprof(heap([{ locationId: [1], value: [1, 2, 3, 4] }])))).toEqual({ kind: "baseline" });
    expect(into.stacks).toBe(1);
  });

  it("leaves out samples without values, and what only they refer to", () => {
    const before = heap([
      { locationId: [1], value: [1, 1, 0, 0] },
      { locationId: [2], value: [5, 5, 0, 0] },
    ]);
    const after = heap(
      [
        { locationId: [1], value: [2, 1, 0, 0] },
        { locationId: [2], value: [5, 5, 0, 0] },
      ],
      1,
    );
    const delta = deltaOf([before, after]);
    expect(meaningOf(delta)).toEqual([{ stack: "+4096 a(a.go):1", labels: "", values: ["1", "0", "0", "0"] }]);
    expect(delta.location?.map(({ id }) => id)).toEqual(["1"]);
    expect(delta.function?.map(({ id }) => id)).toEqual(["1"]);
    expect(delta.stringTable).toEqual([...stringTable.slice(0, 8), "", "a.go"]);
    expect(valuesOf(deltaOf([before, before]))).toBeUndefined();
  });

  it("keeps everything else of the profile", () => {
    const more: PprofProfile = {
      mapping: [{ id: 1, filename: 12, buildId: 11 }],
      dropFrames: 7,
      keepFrames: 8,
      periodType: { type: 12, unit: 4 },
      period: 512,
      comment: [11, 12],
      defaultSampleType: 6,
      durationNanos: 99,
    };
    const {
      sample: _,
      location: __,
      function: ___,
      stringTable: strings,
      ...rest
    } = deltaOf([heap([]), heap([{ locationId: [1], value: [0, 0, 1, 1] }], 1, more)]);
    const {
      sample: ____,
      location: _____,
      function: ______,
      stringTable: _______,
      ...expected
    } = decodePprof(encodePprof(heap([], 1, more)));
    expect(rest).toEqual({ ...expected, durationNanos: String(second) });
    expect(strings?.slice(11)).toEqual(["key", "text"]);
  });

  it("counts to 64 bits exactly", () => {
    const delta = deltaOf([
      heap([{ locationId: [1], value: ["9007199254740993", "4294967295", "-1", "1"] }]),
      heap([{ locationId: [1], value: ["9223372036854775807", "4294967296", "-9223372036854775808", "1"] }]),
    ]);
    expect(valuesOf(delta)).toEqual([["9214364837600034814", "1", "-9223372036854775808", "1"]]);
  });

  it("sums samples of the same stack and labels, whatever the order of labels", () => {
    const [one, two] = [
      { key: 11, str: 12 },
      { key: 12, num: 7, numUnit: 4 },
    ];
    const twice: PprofSample[] = [
      { locationId: [1, 2], value: [1, 1, 1, 1], label: [one, two] },
      { locationId: [1, 2], value: [2, 2, 2, 2], label: [two, one] },
      { locationId: [1, 2], value: [9, 9, 0, 0], label: [one] },
      { locationId: [2, 1], value: [9, 9, 0, 0], label: [one] },
    ];
    const delta = deltaOf([heap(twice.slice(2)), heap(twice)]);
    expect(meaningOf(delta)).toEqual([
      { stack: "+4096 a(a.go):1;+8192 b(b.go):2", labels: "key=text/0,text=/7bytes", values: ["3", "3", "3", "3"] },
    ]);
  });

  it("tells frames apart by number labels and units", () => {
    const labels = [
      { key: 11, num: 1 },
      { key: 11, num: 2 },
      { key: 11, num: 1, numUnit: 4 },
      { key: 11, num: "4294967297" },
    ];
    const samples = labels.map((label, index): PprofSample => ({ locationId: [1], value: [index + 1, 0, 0, 0], label: [label] }));
    expect(valuesOf(deltaOf([heap([]), heap(samples)]))).toEqual([1, 2, 3, 4].map((value) => [String(value), "0", "0", "0"]));
  });

  it("knows stacks again when ids and string indexes have changed", () => {
    const moved: PprofProfile = heap([{ locationId: ["18446744073709551615"], value: [11, 0, 0, 0], label: [{ key: 13, str: 0 }] }], 1, {
      location: [{ id: 70_000_000 }, { id: "18446744073709551615", address: 0x1000, line: [{ functionId: 5_000_000 }] }],
      function: [{ id: 5_000_000, name: 7 }],
      stringTable: [...stringTable.slice(0, 13), "key"],
    });
    const delta = deltaOf([heap([{ locationId: [1], value: [1, 0, 0, 0], label: [{ key: 11 }] }]), moved]);
    expect(valuesOf(delta)).toEqual([["10", "0", "0", "0"]]);
    expect(delta.location?.map(({ id }) => id)).toEqual(["18446744073709551615"]);
  });

  it("tells the same address in two files apart", () => {
    const in2: PprofProfile = {
      mapping: [
        { id: 1, filename: 9 },
        { id: 2, filename: 10 },
      ],
      location: [
        { id: 1, mappingId: 1, address: 1 },
        { id: 2, mappingId: 2, address: 1 },
      ],
    };
    const samples = (a: number, b: number): PprofSample[] => [
      { locationId: [1], value: [a, 0, 0, 0] },
      { locationId: [2], value: [b, 0, 0, 0] },
    ];
    expect(valuesOf(deltaOf([heap(samples(1, 5), 0, in2), heap(samples(2, 7), 0, in2)]))).toEqual([
      ["1", "0", "0", "0"],
      ["2", "0", "0", "0"],
    ]);
  });

  it("goes by names, files and lines where there are no addresses", () => {
    const bare = (order: readonly number[]): PprofProfile => ({
      location: order.map((line, index) => ({
        id: index + 1,
        line: [
          { functionId: 1, line },
          { functionId: 2, line: 1 },
        ],
      })),
    });
    const before = heap(
      [1, 2].map((id) => ({ locationId: [id], value: [id, 0, 0, 0] })),
      0,
      bare([10, 20]),
    );
    const after = heap(
      [1, 2].map((id) => ({ locationId: [id], value: [id * 100, 0, 0, 0] })),
      0,
      bare([20, 10]),
    );
    expect(valuesOf(deltaOf([before, after]))).toEqual([
      ["98", "0", "0", "0"],
      ["199", "0", "0", "0"],
    ]);
  });

  it("reads numbers that are not packed", () => {
    const into = computer();
    into.compute(encodePprof(heap([{ locationId: [1, 2], value: [1, 2, 3, 4] }]), "single"));
    const result = into.compute(encodePprof(heap([{ locationId: [1, 2], value: [3, 2, 0, 0] }], 0, { comment: [11, 12] }), "single"));
    expect(profileOf(result).sample).toEqual([{ locationId: ["1", "2"], value: ["2", "0", "0", "0"] }]);
    expect(profileOf(result).comment).toEqual(["11", "12"]);
  });

  it("handles contentions of mutex and block profiles", () => {
    const strings = ["", "contentions", "count", "delay", "nanoseconds"];
    const block = (value: number[]): PprofProfile => ({
      ...heap([{ locationId: [], value }]),
      sampleType: [
        { type: 1, unit: 2 },
        { type: 3, unit: 4 },
      ],
      location: [],
      function: [],
      stringTable: strings,
    });
    for (const type of ["mutex", "block"])
      expect(valuesOf(deltaOf([block([1, 10]), block([4, 30])], computer({}, type)))).toEqual([["3", "20"]]);
  });
});

describe("DeltaComputer, counters that fall", () => {
  const two = (a: number[], b: number[]): PprofProfile =>
    heap([
      { locationId: [1], value: a },
      { locationId: [2], value: b },
    ]);

  it("takes the values as they are when the sum fell: the program was restarted", () => {
    const delta = deltaOf([two([100, 1000, 0, 0], [5, 50, 0, 0]), two([1, 10, 0, 0], [7, 70, 0, 0])]);
    expect(valuesOf(delta)).toEqual([
      ["1", "10", "0", "0"],
      ["7", "70", "0", "0"],
    ]);
  });

  it("does not let stacks that are new hide a restart", () => {
    const delta = deltaOf([heap([{ locationId: [1], value: [10, 0, 0, 0] }]), two([1, 0, 0, 0], [500, 0, 0, 0])]);
    expect(valuesOf(delta)).toEqual([
      ["1", "0", "0", "0"],
      ["500", "0", "0", "0"],
    ]);
  });

  it("takes a single one that fell as not risen", () => {
    const delta = deltaOf([two([100, 1000, 1, 1], [5, 50, 0, 0]), two([99, 1001, 1, 1], [50, 70, 0, 0])]);
    expect(valuesOf(delta)).toEqual([
      ["0", "1", "1", "1"],
      ["45", "20", "0", "0"],
    ]);
  });

  it("does not take vanished stacks for a restart, and knows them when they come back", () => {
    const into = computer();
    const one = heap([{ locationId: [2], value: [6, 0, 0, 0] }]);
    expect(valuesOf(deltaOf([two([100, 0, 0, 0], [5, 0, 0, 0]), one], into))).toEqual([["1", "0", "0", "0"]]);
    expect(valuesOf(deltaOf([two([103, 0, 0, 0], [6, 0, 0, 0])], into))).toEqual([["3", "0", "0", "0"]]);
  });

  it("never tells a negative duration", () => {
    const samples = (value: number): PprofSample[] => [{ locationId: [1], value: [value, 0, 0, 0] }];
    expect(deltaOf([heap(samples(1), 9), heap(samples(2), 3)]).durationNanos).toBeUndefined();
    expect(deltaOf([heap(samples(1), 9), heap(samples(2), 9, { timeNanos: 0 })]).durationNanos).toBeUndefined();
  });
});

describe("DeltaComputer, state", () => {
  const at = (value: number, seconds = value): Uint8Array<ArrayBuffer> =>
    encodePprof(heap([{ locationId: [1], value: [value, 0, 0, 0] }], seconds));

  function take(result: DeltaResult, end: "commit" | "rollback" | "nothing"): unknown {
    if (result.kind === "baseline") return "baseline";
    if (end !== "nothing") result[end]();
    const { sample, durationNanos } = profileOf(result);
    return [sample?.[0]?.value?.[0], Number(durationNanos) / second];
  }

  it("moves its base only by what was committed", () => {
    const into = computer();
    const steps = [1, 3, 6, 10, 15].map((value, index) =>
      take(into.compute(at(value)), (["commit", "rollback", "nothing", "commit", "commit"] as const)[index] ?? "commit"),
    );
    expect(steps).toEqual(["baseline", ["2", 2], ["5", 5], ["9", 9], ["5", 5]]);
  });

  it("does not commit a delta that a later one has overtaken", () => {
    const into = computer();
    into.compute(at(1));
    const overtaken = into.compute(at(5));
    const latest = into.compute(at(7));
    if (latest.kind === "delta") latest.commit();
    if (overtaken.kind === "delta") {
      overtaken.commit();
      overtaken.rollback();
    }
    expect(take(into.compute(at(8)), "commit")).toEqual(["1", 1]);
  });

  it("forgets new stacks with a delta that was rolled back", () => {
    const into = computer();
    into.compute(at(1));
    const result = into.compute(
      encodePprof(
        heap([
          { locationId: [1], value: [2, 0, 0, 0] },
          { locationId: [2], value: [7, 0, 0, 0] },
        ]),
      ),
    );
    expect(into.stacks).toBe(2);
    if (result.kind === "delta") result.rollback();
    expect(into.stacks).toBe(1);
    expect(take(into.compute(at(3)), "commit")).toEqual(["2", 2]);
  });

  it("keeps its base over damaged profiles", () => {
    const into = computer();
    into.compute(at(1));
    expect(() => into.compute(Uint8Array.of(0x0a, 4, 0x74, 0x65, 0x73, 0x74))).toThrow("computing delta: pass1Index: wire type 4");
    expect(() => into.compute(at(2).subarray(0, 60))).toThrow("computing delta: pass1Index: unexpected end of data");
    expect(take(into.compute(at(4)), "commit")).toEqual(["3", 3]);
  });

  it("begins again when the sample types change", () => {
    const into = computer();
    into.compute(at(1));
    expect(into.compute(encodePprof(heap([], 0, { sampleType: [{ type: 1, unit: 2 }] }))).kind).toBe("baseline");
  });

  it("forgets stacks that were not seen for long", () => {
    const into = computer({ maxUnseenRounds: 3 });
    const all = heap([
      { locationId: [1], value: [1, 0, 0, 0] },
      { locationId: [2], value: [1, 0, 0, 0] },
    ]);
    deltaOf([all, all], into);
    for (let value = 2; value < 9; value += 1) take(into.compute(at(value)), "commit");
    expect(into.stacks).toBe(1);
    expect(take(into.compute(at(10)), "commit")).toEqual(["2", 2]);
  });

  it("forgets stacks not in the newest profile when there are too many, and refuses a profile that has too many", () => {
    const into = computer({ maxStacks: 1 });
    take(into.compute(at(1)), "commit");
    take(into.compute(encodePprof(heap([{ locationId: [2], value: [1, 0, 0, 0] }]))), "commit");
    expect(into.stacks).toBe(1);
    const both = encodePprof(
      heap([
        { locationId: [1], value: [1, 0, 0, 0] },
        { locationId: [2], value: [1, 0, 0, 0] },
      ]),
    );
    expect(() => into.compute(both)).toThrow(
      expect.objectContaining({ code: "too_large", message: "computing delta: pass2AggregateSamples: profile has more than 1 stacks" }),
    );
  });
});

describe("DeltaComputer, refusals", () => {
  const sample: PprofSample = { locationId: [1], value: [1, 2, 3, 4] };

  it.each<[string, PprofProfile, string]>([
    ["an unknown location", heap([{ ...sample, locationId: [1, 9] }]), "pass2AggregateSamples: invalid location index"],
    [
      "too few values",
      heap([{ ...sample, value: [1, 2, 3] }]),
      "pass2AggregateSamples: sample has 3 values, the profile has 4 sample types",
    ],
    [
      "too many values",
      heap([{ ...sample, value: [1, 2, 3, 4, 5] }]),
      "pass2AggregateSamples: sample has 5 values, the profile has 4 sample types",
    ],
    ["no values", heap([{ locationId: [1] }]), "pass2AggregateSamples: sample has 0 values, the profile has 4 sample types"],
    ["an unknown text in a label", heap([{ ...sample, label: [{ key: 14 }] }]), "pass2AggregateSamples: invalid string index 14"],
    ["an unknown text in a sample type", heap([], 0, { sampleType: [{ type: 99 }] }), "pass1Index: invalid string index 99"],
    ["an unknown text in a mapping", heap([], 0, { mapping: [{ id: 1, filename: 99 }] }), "pass1Index: invalid string index 99"],
  ])("refuses %s", (_, profile, message) => {
    expect(() => computer().compute(encodePprof(profile))).toThrow(
      expect.objectContaining({ code: "malformed", message: `computing delta: ${message}` }),
    );
  });

  it("refuses what does not unpack, or to too much", () => {
    const broken = Uint8Array.of(0x1f, 0x8b, 8, 0, 0x6e, 0x6f, 0x6e);
    expect(() => computer().compute(broken)).toThrow(
      expect.objectContaining({ code: "compressed", message: expect.stringMatching(/^decompressing profile: /) }),
    );
    const plain = encodePprof(heap([sample]));
    expect(() => computer({ maxBytes: 10 }).compute(plain)).toThrow(expect.objectContaining({ code: "too_large" }));
    expect(() => computer({ maxBytes: 10 }).compute(nodeGzip.gzip(plain))).toThrow(/^decompressing profile: /);
    expect(() => computer({ maxRecords: 3 }).compute(plain)).toThrow("computing delta: pass1Index: profile has more than 3 records");
  });

  it("refuses more sample types than its limit before there are values for them", () => {
    const types = Array.from({ length: 100_000 }, () => ({}));
    const profile = encodePprof({ sampleType: types, sample: types, stringTable: [""] });
    expect(() => computer().compute(profile)).toThrow(
      expect.objectContaining({ code: "too_large", message: "computing delta: pass1Index: profile has more than 32 sample types" }),
    );
  });

  it("refuses sample types with names of kilobytes", () => {
    const profile = encodePprof({ sampleType: [{ type: 1 }], stringTable: ["", "x".repeat(2000)] });
    expect(() => computer().compute(profile)).toThrow(
      expect.objectContaining({
        code: "too_large",
        message: "computing delta: pass1Index: name of a sample type has more than 1024 bytes",
      }),
    );
  });

  it("reads a function once, however many lines are in it", () => {
    // 200,000 fields that mean nothing, in the function of 20,000 lines.
    const padding = Uint8Array.from({ length: 400_000 }, (_, index) => (index % 2 === 0 ? 0x78 : 0));
    const body = new WireWriter().numberField(1, 1).raw(padding).finish();
    const line = Array.from({ length: 20_000 }, () => ({ functionId: 1 }));
    const rest = encodePprof(heap([{ ...sample, locationId: [1] }], 0, { location: [{ id: 1, line }], function: [] }));
    const profile = new WireWriter().raw(rest).bytesField(5, body).finish();
    expect(computer().compute(profile).kind).toBe("baseline");
  });
});
