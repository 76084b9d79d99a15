/**
 * Why a Pyroscope server with its default settings refuses a pushed profile: its rules as the reference documents and shows them, written down apart from
 * the code that repairs.
 */
import type { Labels } from "../labels/labels.ts";
import { decodePprof, type PprofProfile, type PprofSample } from "./pprof-messages.ts";

const utf8Bytes = (text: string): number => new TextEncoder().encode(text).length;

/** Reasons, empty when it is accepted. `nowMs` is the server's time. */
export function refusals(series: Labels, bytes: Uint8Array, nowMs: number): readonly string[] {
  const reasons: string[] = [];
  if (bytes.length > 4 * 1024 * 1024) reasons.push("profile_size_limit");
  // Burst of the tenant: what exceeds it can never pass.
  if (bytes.length > 2_000_000) reasons.push("rate_limited");
  let profile: PprofProfile;
  try {
    profile = decodePprof(bytes);
  } catch {
    return [...reasons, "malformed_profile: not UTF-8"];
  }
  const samples = profile.sample ?? [];
  if (samples.length > 16_000) reasons.push("samples_limit");
  if (samples.some(({ label = [] }) => label.length > 100)) reasons.push("labels_per_sample");
  reasons.push(...windowReasons(profile, nowMs), ...malformedReasons(profile));
  reasons.push(...labelReasons([...series].map(([name, value]) => [name, value])));
  for (const set of new Set(samples.map((sample) => JSON.stringify(seriesOf(series, sample, profile))))) {
    reasons.push(...labelReasons(JSON.parse(set) as [string, string][]));
  }
  return [...new Set(reasons)];
}

function windowReasons({ timeNanos = "0" }: PprofProfile, nowMs: number): readonly string[] {
  const time = Number(BigInt(timeNanos) / 1_000_000n);
  const isInside = time === 0 || (time >= nowMs - 3_600_000 && time <= nowMs + 600_000);
  return isInside ? [] : ["not_in_ingestion_window"];
}

function malformedReasons(profile: PprofProfile): readonly string[] {
  const { stringTable = [], sampleType = [], sample = [], location = [], function: functions = [] } = profile;
  const texts = [
    ...sampleType.flatMap(({ type, unit }) => [type, unit]),
    ...functions.flatMap(({ name, systemName, filename }) => [name, systemName, filename]),
    ...sample.flatMap(({ label = [] }) => label.flatMap(({ key, str }) => [key, str])),
  ];
  const reasons: string[] = [];
  if (sampleType.some(({ type = 0 }) => stringTable[Number(type)]?.includes("-")))
    reasons.push("malformed_profile: sample type with a dash");
  if ([...location, ...functions].some(({ id = 0 }) => Number(id) === 0)) reasons.push("malformed_profile: id 0");
  if (sample.some(({ value = [] }) => value.length !== sampleType.length)) reasons.push("malformed_profile: number of values");
  if (texts.some((index = 0) => stringTable[Number(index)] === undefined)) reasons.push("malformed_profile: string index");
  return reasons;
}

/** The labels of the series that a sample ends up in: its own texts become labels of it. */
function seriesOf(series: Labels, { label = [] }: PprofSample, { stringTable = [] }: PprofProfile): [string, string][] {
  const promoted = label.flatMap(({ key = 0, str = 0 }): [string, string][] => {
    const name = stringTable[Number(key)] ?? "";
    if (Number(str) === 0 || series.has(name) || ["profile_id", "span_id", "trace_id"].includes(name)) return [];
    return [[name, stringTable[Number(str)] ?? ""]];
  });
  return [...Array.from(series, ([name, value]): [string, string] => [name, value]), ...promoted];
}

function labelReasons(labels: readonly [string, string][]): readonly string[] {
  const reasons: string[] = [];
  const names = labels.map(([name]) => name);
  if (labels.length > 30) reasons.push("max_label_names_per_series");
  if (new Set(names).size < names.length) reasons.push("duplicate_label_names");
  if (names.some((name) => !/^[A-Za-z0-9_.]+$/.test(name))) reasons.push("invalid_labels: name");
  if (names.some((name) => utf8Bytes(name) > 1024)) reasons.push("label_name_too_long");
  if (labels.some(([, value]) => utf8Bytes(value) > 2048)) reasons.push("label_value_too_long");
  if (labels.some(([, value]) => !value.isWellFormed())) reasons.push("invalid_labels: value");
  const type = labels.find(([name]) => name === "__name__")?.[1] ?? "";
  if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(type)) reasons.push("invalid metric name");
  return reasons;
}
