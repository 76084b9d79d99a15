import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProfileDataError } from "../../profile-data-error.ts";
import { Labels } from "../../labels/labels.ts";
import { compileRules, type RuleSet } from "../../relabel/compile-rules.ts";
import { type RelabelRule, relabelRule } from "../../relabel/rule.ts";
import { type ArbitraryPprof, arbitraryPprof, sumsOf, totalOf } from "../../testing/arbitrary-pprof.ts";
import { goPprofRaw, hasGo } from "../../testing/go-pprof.ts";
import { decodePprof, encodePprof, meaningOf, type PprofProfile } from "../../testing/pprof-messages.ts";
import { mergeProfiles } from "./merge-profiles.ts";
import { relabelSamples } from "./relabel-samples.ts";
import { splitProfile } from "./split-profile.ts";

const bytesOf = ({ profile, form }: ArbitraryPprof): Uint8Array => encodePprof(profile, form);

/** Nothing stands twice, and nothing is there that nobody refers to. */
function expectTidy(profile: PprofProfile): void {
  const strings = profile.stringTable ?? [];
  expect(new Set(strings).size).toBe(strings.length);
  expect(strings[0]).toBe("");
  expect(sumsOf(profile).values.size).toBe(profile.sample?.length ?? 0);
  const used = new Set(profile.sample?.flatMap(({ locationId = [] }) => locationId.map(String)));
  expect(profile.location?.map(({ id }) => String(id)) ?? []).toEqual(Array.from(used).sort((a, b) => Number(a) - Number(b)));
  for (const list of [profile.mapping, profile.location, profile.function]) {
    expect(list?.map(({ id }) => Number(id)) ?? []).toEqual(Array.from(list ?? [], (_, index) => index + 1));
  }
}

const header = ({ sampleType, periodType, period, timeNanos, comment, defaultSampleType, stringTable }: PprofProfile): unknown => {
  const text = (index: number | string = 0): string => stringTable?.[Number(index)] ?? "?";
  const types = [...(sampleType ?? []), ...(periodType === undefined ? [] : [periodType])];
  return [
    types.map(({ type, unit }) => [text(type), text(unit)]),
    String(period),
    timeNanos ?? "0",
    comment?.map(text),
    text(defaultSampleType),
  ];
};

const rules = (...list: readonly Partial<RelabelRule>[]): RuleSet => compileRules(list.map(relabelRule), { keepEmpty: true });

describe("mergeProfiles", () => {
  it("adds values up and writes equal things once", () => {
    fc.assert(
      fc.property(fc.array(arbitraryPprof, { minLength: 1, maxLength: 4 }), (inputs) => {
        const merged = decodePprof(mergeProfiles(inputs.map(bytesOf)));
        expectTidy(merged);
        expect(sumsOf(merged).values).toEqual(sumsOf(...inputs.map(({ profile }) => profile)).values);
        expect(merged.durationNanos).toBe(String(10 * inputs.length));
        const times = inputs.map(({ profile }) => profile.timeNanos).filter((time) => time !== "0");
        expect(header(merged)).toEqual(header({ ...inputs[0]?.profile, timeNanos: times[0] ?? "0" }));
      }),
    );
  });

  it("refuses profiles of other types, and none at all", () => {
    const one = { sampleType: [{ type: 1, unit: 2 }], stringTable: ["", "cpu", "ns"] };
    expect(() => mergeProfiles([encodePprof(one), encodePprof({ ...one, stringTable: ["", "wall", "ns"] })])).toThrow("cannot be merged");
    expect(() => mergeProfiles([encodePprof(one), encodePprof({ ...one, periodType: { type: 1, unit: 2 } })])).toThrow("cannot be merged");
    expect(() => mergeProfiles([])).toThrow("no profile to merge");
  });
});

describe("splitProfile", () => {
  it("makes parts of the wanted size that say the same together", () => {
    fc.assert(
      fc.property(arbitraryPprof, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 150, max: 500 }), (input, maxSamples, maxBytes) => {
        const { parts, oversized } = splitProfile(bytesOf(input), { maxSamples, maxBytes });
        const decoded = parts.map((part) => decodePprof(part));
        for (const part of decoded) {
          expectTidy(part);
          expect(header(part)).toEqual(header(input.profile));
          expect(part.sample?.length ?? 0).toBeLessThanOrEqual(maxSamples);
        }
        expect(parts.filter(({ length }) => length > maxBytes).length).toBe(oversized);
        expect(sumsOf(...decoded).values).toEqual(sumsOf(input.profile).values);
        for (const [index, part] of parts.entries()) if (part.length > maxBytes) expect(decoded[index]?.sample?.length).toBe(1);
      }),
      { numRuns: 300 },
    );
  });

  it("counts a part that is too large once, however many equal samples it holds", () => {
    const sample = [{ value: [1] }, { value: [2] }, { value: [3] }];
    const profile = encodePprof({ sampleType: [{ type: 1, unit: 1 }], sample, stringTable: ["", "x".repeat(100)] });
    const { parts, oversized } = splitProfile(profile, { maxSamples: 1, maxBytes: 50 });
    expect([parts.length, oversized, totalOf(...parts.map((part) => decodePprof(part)))]).toEqual([1, 1, [6n]]);
  });

  it("makes one part of what is small enough", () => {
    fc.assert(
      fc.property(arbitraryPprof, (input) => {
        expect(splitProfile(bytesOf(input), { maxSamples: 100, maxBytes: 1e6 }).parts).toHaveLength(1);
      }),
    );
  });

  it("does not make parts without end", () => {
    const sample = Array.from({ length: 1002 }, (_, index) => ({ value: [1], label: [{ key: 1, num: index + 1 }] }));
    const profile = encodePprof({ sampleType: [{ type: 1, unit: 1 }], sample, stringTable: ["", "x"] });
    expect(() => splitProfile(profile, { maxSamples: 1, maxBytes: 1000 })).toThrow("more than 1000 parts");
  });
});

/** The labels of a sample: its texts, and its numbers as they are written. */
interface PlainLabels {
  readonly texts: readonly (readonly [string, string])[];
  readonly numbers: readonly string[];
}

function plainLabels(labels: string): PlainLabels {
  const all = labels === "" ? [] : labels.split(",").map((one) => /^(.*?)=(.*)\/(.*)$/.exec(one)?.slice(1) ?? []);
  return {
    texts: all.flatMap(([name = "", text = ""]) => (text === "" ? [] : [[name, text] as const])),
    numbers: all.flatMap(([name = "", text = "", number = ""]) => (text === "" ? [`${name}=/${number}`] : [])),
  };
}

describe("relabelSamples", () => {
  const someRules: fc.Arbitrary<Partial<RelabelRule>> = fc.constantFrom<Partial<RelabelRule>[]>(
    { action: "labeldrop", regex: "span" },
    { action: "labelkeep", regex: "thread|a" },
    { source_labels: ["thread"], target_label: "a" },
    { target_label: "thread", replacement: "x" },
    { target_label: "span", replacement: "" },
    { source_labels: ["a"], regex: "(.+)", target_label: "new_$1", replacement: "y" },
    { action: "labelmap", regex: "(sp|th).*", replacement: "$1" },
    { action: "drop", source_labels: ["thread"], regex: "a" },
    { action: "keep", source_labels: ["span"], regex: ".+" },
    { action: "keep", source_labels: ["nothing"], regex: "" },
  );

  it("conserves sums but for dropped samples, and leaves no two samples alike", () => {
    fc.assert(
      fc.property(arbitraryPprof, fc.array(someRules, { maxLength: 4 }), (input, list) => {
        const compiled = rules(...list);
        const bytes = bytesOf(input);
        const { profile, dropped } = relabelSamples(bytes, compiled);
        const expected = new Map<string, readonly bigint[]>();
        let gone = 0;
        for (const { stack, labels, values } of meaningOf(input.profile)) {
          const result = relabelPlainly(plainLabels(labels), list);
          if (result === undefined) gone += 1;
          else {
            const key = `${stack} ${result}`;
            const old = expected.get(key);
            expected.set(
              key,
              values.map((text, column) => BigInt.asIntN(64, BigInt(text) + (old?.[column] ?? 0n))),
            );
          }
        }
        expect(dropped).toBe(gone);
        if (profile === undefined) expect([expected.size, gone > 0]).toEqual([0, true]);
        else if (profile === bytes) expect(sumsOf(input.profile).values).toEqual(expected);
        else {
          const decoded = decodePprof(profile);
          expectTidy(decoded);
          expect(sumsOf(decoded).values).toEqual(expected);
          expect(header(decoded)).toEqual(header(input.profile));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("gives the very same bytes when the rules change nothing, and refuses samples with labels without end", () => {
    const label = Array.from({ length: 1001 }, (_, index) => ({ key: 1, str: index + 1 }));
    const stringTable = ["", ...Array.from({ length: 1001 }, (_, index) => `t${index}`)];
    const one = (count: number): Uint8Array =>
      encodePprof({ sampleType: [{ type: 1, unit: 1 }], sample: [{ value: [1], label: label.slice(0, count) }], stringTable });
    const few = one(3);
    expect(
      relabelSamples(few, rules({ action: "labeldrop", regex: "x" }, { source_labels: ["x"], regex: "(.+)", target_label: "y" })).profile,
    ).toBe(few);
    expect(() => relabelSamples(one(1001), rules({ source_labels: ["t0"], target_label: "y" }))).toThrow("more than 1000 labels");
  });

  it("keeps several values of one name together", () => {
    const label = ["a", "b"].map((_, index) => ({ key: 1, str: 2 + index }));
    const profile = encodePprof({
      sampleType: [{ type: 1, unit: 1 }],
      sample: [{ value: [1], label }],
      stringTable: ["", "k", "a", "b", "other"],
    });
    const labelsAfter = (...list: readonly Partial<RelabelRule>[]): string | undefined =>
      meaningOf(decodePprof(relabelSamples(profile, rules(...list)).profile ?? new Uint8Array()))[0]?.labels;
    expect(labelsAfter({ source_labels: ["k"], target_label: "copy" })).toBe("copy=b/0,k=a/0,k=b/0");
    expect(labelsAfter({ source_labels: ["k"], target_label: "k", replacement: "$1!" })).toBe("k=b!/0");
    expect(labelsAfter({ action: "labeldrop", regex: "k" })).toBe("");
  });
});

/** What rules make of labels, by the plainest reading of the promise. */
function relabelPlainly({ texts, numbers }: PlainLabels, list: readonly Partial<RelabelRule>[]): string | undefined {
  const labels = new Map(texts);
  const byName = new Map<string, readonly string[]>();
  for (const [name, text] of texts) byName.set(name, [...(byName.get(name) ?? []), text]);
  const result = compileRules(list.map(relabelRule), { keepEmpty: true }).apply(Labels.of(labels));
  if (result === undefined) return undefined;
  const keeps = (name: string): boolean =>
    list.every(({ action, regex = "" }) => {
      const matches = new RegExp(`^(?:${regex})$`).test(name);
      return action === "labeldrop" ? !matches : action !== "labelkeep" || matches;
    });
  const kept = Array.from(result).flatMap(([name, value]) =>
    labels.get(name) === value ? (byName.get(name) ?? []).map((one) => `${name}=${one}/0`) : [`${name}=${value}/0`],
  );
  return [...kept, ...numbers.filter((one) => keeps(one.split("=")[0] ?? ""))].sort().join(",");
}

describe("damaged profiles", () => {
  it("give an error of their own or a sound profile", () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(arbitraryPprof, damage, fc.nat({ max: 10 }), (input, changes, cut) => {
        const bytes = Uint8Array.from(bytesOf(input));
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        for (const work of [
          (data: Uint8Array): unknown => mergeProfiles([data, data]),
          (data: Uint8Array): unknown => splitProfile(data, { maxSamples: 2, maxBytes: 300 }),
          (data: Uint8Array): unknown => relabelSamples(data, rules({ action: "labeldrop", regex: "span" })),
        ]) {
          try {
            work(bytes.subarray(0, bytes.length - cut));
          } catch (error) {
            expect(error).toBeInstanceOf(ProfileDataError);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("beyond a limit are refused", () => {
    const profile = encodePprof({ sampleType: [{}, {}], sample: [{ value: [1, 2] }], stringTable: ["", "x"] });
    const limits = { maxBytes: 1000, maxRecords: 100, maxSampleTypes: 2 };
    expect(() => mergeProfiles([profile], limits)).not.toThrow();
    for (const [name, limit] of Object.entries({ maxBytes: 5, maxRecords: 2, maxSampleTypes: 1 })) {
      expect(() => mergeProfiles([profile], { ...limits, [name]: limit }), name).toThrow(ProfileDataError);
    }
  });
});

describe.skipIf(!hasGo)("go tool pprof (needs go)", () => {
  it("accepts what is written", { timeout: 60_000 }, () => {
    const examples = fc.sample(arbitraryPprof, { numRuns: 6, seed: 4 }).map(bytesOf);
    const written = [
      mergeProfiles(examples),
      ...examples.flatMap((one) => splitProfile(one, { maxSamples: 3, maxBytes: 400 }).parts),
      ...examples.flatMap((one) => relabelSamples(one, rules({ action: "labeldrop", regex: "span" })).profile ?? []),
    ];
    expect(written.length).toBeGreaterThan(8);
    for (const one of written) expect(goPprofRaw(one)).toContain("Samples:");
    expect(totalOf(decodePprof(mergeProfiles(examples)))).toEqual(totalOf(...examples.map(decodePprof)));
  });
});
