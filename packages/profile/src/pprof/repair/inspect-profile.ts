import type { Labels } from "../../labels/labels.ts";
import { decodeUtf8, textOfBytes } from "../../text/bytes.ts";
import { bytesTag, varintTag, type WireReader } from "../../wire/wire-reader.ts";
import { Int32List } from "../delta/int32-list.ts";
import type { ProfileIndex } from "../delta/profile-index.ts";
import { labelField, sampleField } from "../fields.ts";
import { hasIdlessFunctions } from "../rebuild/frame-importer.ts";
import type { RepairKind, RepairLimits, RepairOptions } from "./repair-limits.ts";
import { labelName } from "./repaired-text.ts";

/** Sample labels that servers do not make labels of the series. */
export const samplesOwnLabels: ReadonlySet<string> = new Set(["profile_id", "span_id", "trace_id"]);

/** The kinds that concern labels of samples: what one of them finds is repaired together. */
const labelKinds = ["label_names", "duplicate_labels", "label_count", "label_values"] as const;

/**
 * What has to be repaired inside a profile that the index holds, of the kinds that may be. One pass over texts and labels that decodes next to nothing.
 * `label_names` stands for all kinds about labels. @throws ProfileDataError
 */
export function inspectProfile(
  index: ProfileIndex,
  series: Labels,
  options: RepairOptions,
  maxSampleTypes: number,
): ReadonlySet<RepairKind> {
  const { limits, kinds } = options;
  const tests: readonly (readonly [RepairKind, () => boolean])[] = [
    ["utf8", () => hasBrokenText(index)],
    ["function_ids", () => hasIdlessFunctions(index)],
    ["sample_types", () => index.sampleTypes(maxSampleTypes).some(({ type }) => type.includes("-"))],
    ["times", () => repairedTime(index.timeNanos ?? 0n, options) !== (index.timeNanos ?? 0n)],
    ["sample_count", () => index.samples.length > limits.maxSamples],
    ["size", () => index.reader.end > limits.maxProfileBytes],
  ];
  const found = new Set(tests.filter(([kind, test]) => kinds.has(kind) && test()).map(([kind]) => kind));
  if (labelKinds.some((kind) => kinds.has(kind)) && new LabelInspection(index, series, limits).isNeeded()) found.add("label_names");
  return found;
}

/** The time that a server takes instead; 0 means now. What is only late stays as early as may be, what cannot be true is now. */
export function repairedTime(nanos: bigint, { limits, now }: RepairOptions): bigint {
  // Clocks differ, and delivering takes time.
  const marginMs = Math.min(60_000, limits.maxAgeMs / 10, limits.maxAheadMs / 10);
  const milliseconds = Number(nanos / 1_000_000n);
  if (nanos === 0n || (milliseconds > now - limits.maxAgeMs + marginMs && milliseconds < now + limits.maxAheadMs - marginMs)) return nanos;
  const late = milliseconds < now && milliseconds > now - longestDelayMs;
  return BigInt(Math.round(late ? now - limits.maxAgeMs + 2 * marginMs : now)) * 1_000_000n;
}

/** A profile that is older was not delayed: its clock is wrong. */
const longestDelayMs = 7 * 24 * 3_600_000;

function hasBrokenText({ strings, reader }: ProfileIndex): boolean {
  for (let string = 0; string < strings.length; string += 1) {
    if (isBroken(reader.bytes, strings.starts.items[string] as number, strings.ends.items[string] as number)) return true;
  }
  return false;
}

function isBroken(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if ((bytes[at] as number) >= 0x80) return decodeUtf8(bytes.subarray(start, end)) === undefined;
  return false;
}

/** Looks for a sample whose labels have to be repaired. */
class LabelInspection {
  readonly #index: ProfileIndex;
  readonly #series: Labels;
  readonly #limits: RepairLimits;
  /** What is known of each text: as a name 1 for one that becomes a label of the series, 2 for another good one, 3 for a bad one; and in which sample it was a name last. */
  readonly #names = new Int32List();
  readonly #lastSample = new Int32List();
  #all = 0;
  #promoted = 0;

  constructor(index: ProfileIndex, series: Labels, limits: RepairLimits) {
    this.#index = index;
    this.#series = series;
    this.#limits = limits;
    this.#names.fillZero(index.strings.length);
    this.#lastSample.fillZero(index.strings.length);
  }

  isNeeded(): boolean {
    const { samples } = this.#index;
    for (let sample = 0; sample < samples.length; sample += 1) {
      const reader = this.#index.open(samples, sample);
      const end = samples.ends.items[sample] as number;
      this.#all = 0;
      this.#promoted = 0;
      while (reader.position < end) {
        const tag = reader.tag();
        if (tag !== bytesTag(sampleField.label)) reader.skip(tag & 7);
        else if (this.#isBad(reader, reader.enter(), sample)) return true;
      }
      if (this.#all > this.#limits.maxSampleLabels) return true;
      if (this.#promoted > 0 && this.#series.size + this.#promoted > this.#limits.maxLabels) return true;
    }
    return false;
  }

  #isBad(reader: WireReader, end: number, sample: number): boolean {
    let [name, text] = [0, 0];
    while (reader.position < end) {
      const tag = reader.tag();
      if (tag === varintTag(labelField.key)) name = reader.number();
      else if (tag === varintTag(labelField.str)) text = reader.number();
      else reader.skip(tag & 7);
    }
    this.#all += 1;
    if (text === 0) return false;
    this.#index.checkString(name);
    this.#index.checkString(text);
    const known = (this.#names.items[name] as number) || this.#judge(name);
    const last = this.#lastSample.items[name] as number;
    this.#lastSample.items[name] = sample + 1;
    if (known === 1) this.#promoted += 1;
    return known === 3 || last === sample + 1 || this.#length(text) > this.#limits.maxValueBytes;
  }

  #judge(name: number): number {
    const { strings, reader } = this.#index;
    const text = textOfBytes(reader.bytes.subarray(strings.starts.items[name], strings.ends.items[name]));
    const isGood = text !== "" && labelName(text, this.#limits.maxNameBytes) === text;
    const known = !isGood ? 3 : this.#series.has(text) || samplesOwnLabels.has(text) ? 2 : 1;
    this.#names.items[name] = known;
    return known;
  }

  #length(string: number): number {
    const { strings } = this.#index;
    return (strings.ends.items[string] as number) - (strings.starts.items[string] as number);
  }
}
