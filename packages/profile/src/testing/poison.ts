import { Labels } from "../labels/labels.ts";
import { encodePprof, type PprofProfile, type PprofSample } from "./pprof-messages.ts";

/** A pushed profile that a server refuses. */
export interface Poison {
  readonly name: string;
  readonly make: () => { readonly series: Labels; readonly bytes: Uint8Array };
}

interface Draft {
  profile: PprofProfile;
  series: Record<string, string>;
  /** What is done to the bytes in the end. */
  damage?: (bytes: Uint8Array) => void;
}

type Poisoning = (draft: Draft, nowMs: number) => void;

/** The index of a text, added when it is new. */
function text(profile: PprofProfile, value: string): number {
  const table = (profile.stringTable ??= [""]);
  const known = table.indexOf(value);
  return known >= 0 ? known : table.push(value) - 1;
}

/** Adds labels to every sample, and a sample when there is none. */
function label(draft: Draft, labels: (index: number) => readonly (readonly [name: string, value: string])[]): void {
  const { profile } = draft;
  changeSamples(profile, (sample, index) => ({
    ...sample,
    label: [...(sample.label ?? []), ...labels(index).map(([name, value]) => ({ key: text(profile, name), str: text(profile, value) }))],
  }));
}

function changeSamples(profile: PprofProfile, change: (sample: PprofSample, index: number) => PprofSample): void {
  const samples = profile.sample?.length ? profile.sample : [{ value: (profile.sampleType ?? []).map(() => "3") }];
  profile.sample = samples.map(change);
}

const many = (count: number): readonly (readonly [string, string])[] =>
  Array.from({ length: count }, (_, index) => [`label_${index}`, `v${index}`]);

const seconds = (nowMs: number, offset: number): string => String(BigInt(Math.round(nowMs / 1000) + offset) * 1_000_000_000n);

/** Appends copies of the samples, each with a label of its own, until there are `count`. */
function multiply(draft: Draft, count: number, valueOf: (index: number) => string): void {
  const { profile } = draft;
  changeSamples(profile, (sample) => sample);
  const samples = profile.sample ?? [];
  const key = text(profile, "thread_id");
  const table = profile.stringTable ?? [];
  profile.sample = Array.from({ length: count }, (_, index) => ({
    ...samples[index % samples.length],
    label: [{ key, str: table.push(valueOf(index)) - 1 }],
  }));
}

const poisonings: Readonly<Record<string, Poisoning>> = {
  "label name with blanks": (draft) => label(draft, () => [["http route name", "/x"]]),
  "label names that become one": (draft) =>
    label(draft, () => [
      ["a-b", "1"],
      ["a b", "2"],
      ["a_b", "3"],
    ]),
  "label without name": (draft) => label(draft, () => [["", "x"]]),
  "label twice": (draft) =>
    label(draft, (index) => [
      ["twice", "1"],
      ["twice", `${index + 2}`],
    ]),
  "40 labels on samples": (draft) => label(draft, () => many(40)),
  "120 numbers on samples": ({ profile }) => {
    const key = text(profile, "bytes");
    changeSamples(profile, (sample) => ({ ...sample, label: Array.from({ length: 120 }, (_, num) => ({ key, num: String(num + 1) })) }));
  },
  "long label value": (draft) => label(draft, (index) => [["query", `${index % 3}${"é".repeat(1500)}`]]),
  "long label name": (draft) => label(draft, () => [["n".repeat(1500), "x"]]),
  "text that is not UTF-8": (draft) => {
    const mark = "QQQQQQQQ";
    const index = text(draft.profile, mark);
    draft.profile.function = draft.profile.function?.map((one) => ({ ...one, filename: index })) ?? [];
    label(draft, () => [["broken", mark]]);
    draft.damage = (bytes) => bytes.fill(0xff, findText(bytes, mark) + 2, findText(bytes, mark) + 5);
  },
  "from 1970": ({ profile }) => (profile.timeNanos = "1000000000"),
  "three hours late": ({ profile }, nowMs) => (profile.timeNanos = seconds(nowMs, -3 * 3600)),
  "from tomorrow": ({ profile }, nowMs) => (profile.timeNanos = seconds(nowMs, 24 * 3600)),
  "sample type with a dash": ({ profile }) => {
    const type = text(profile, "alloc-space");
    profile.sampleType = (profile.sampleType ?? []).map((one, index) => (index === 0 ? { ...one, type } : one));
    profile.defaultSampleType = type;
  },
  "functions without ids": (draft) => {
    const { profile } = draft;
    if ((profile.location ?? []).length === 0) profile.location = [{ id: 1 }];
    label(draft, () => []);
    profile.function = (profile.location ?? []).map((_, index) => ({ ...profile.function?.[0], name: text(profile, `f${index}`) }));
    for (const one of profile.function) delete one.id;
    profile.location = (profile.location ?? []).map((one) => ({ ...one, line: [{ line: 1 }] }));
  },
  "17,000 samples": (draft) => multiply(draft, 17_000, (index) => `${index}`),
  "3 MB": (draft) => multiply(draft, 2000, (index) => `${index}${"x".repeat(1500)}`),
  "series: label name": ({ series }) => Object.assign(series, { "k8s app/name": "x", "k8s.app_name": "y", "k8s.app-name": "z" }),
  "series: long value": ({ series }) => (series["annotation"] = "ü".repeat(2000)),
  "series: 45 labels": ({ series }) => Object.assign(series, Object.fromEntries(many(42))),
  "series: value that is not UTF-8": ({ series }) => (series["host"] = "a\udcff\udcfeb"),
  "series: type of the profile": ({ series }) => (series["__name__"] = "my-app.cpu"),
};

/** Text in a profile that is encoded. */
function findText(bytes: Uint8Array, mark: string): number {
  return new TextDecoder("latin1").decode(bytes).indexOf(mark);
}

/** Every good profile with every kind of poison, and with two kinds at once, `count` of them spread evenly. */
export function poisons(
  good: readonly (readonly [name: string, profile: PprofProfile])[],
  count: number,
  nowMs: number,
): readonly Poison[] {
  const kinds = Object.entries(poisonings);
  const second = (index: number): readonly (readonly [string, Poisoning])[] =>
    index % 3 === 0 ? [kinds[(index * 5 + 1) % kinds.length] ?? ["", (): void => undefined]] : [];
  return Array.from({ length: count }, (_, index) => {
    const [base, profile] = good[Math.floor(index / 3) % good.length] ?? ["", {}];
    const used = [...kinds.slice(index % kinds.length, (index % kinds.length) + 1), ...second(index)];
    return {
      name: `${index}: ${base} with ${used.map(([name]) => name).join(" and ")}`,
      make() {
        const draft: Draft = {
          profile: structuredClone(profile),
          series: { __name__: "process_cpu", service_name: "app", namespace: "team" },
        };
        for (const [, poison] of used) poison(draft, nowMs);
        const bytes = encodePprof(draft.profile, index % 4 === 0 ? "single" : "packed");
        draft.damage?.(bytes);
        return { series: Labels.of(draft.series), bytes };
      },
    };
  });
}
