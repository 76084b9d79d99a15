import { wireType } from "../wire/wire-reader.ts";
import { varintLength, WireWriter } from "../wire/wire-writer.ts";
import { functionField, labelField, lineField, locationField, profileField, sampleField, valueTypeField } from "./fields.ts";
import type { Profile, ProfileFrame, ProfileSample, ValueType } from "./profile.ts";

/** The profile as pprof, not compressed. Equal functions, locations and texts are written once; frames have no addresses and no mapping. */
export function encodeProfile(profile: Profile): Uint8Array {
  return new ProfileEncoder().encode(profile);
}

class ProfileEncoder {
  readonly #writer = new WireWriter(1 << 14);
  readonly #strings = new Interner<string>((text) => text);
  readonly #functions = new Interner<ProfileFrame>((frame) => JSON.stringify([frame.function, frame.file, frame.functionLine]));
  readonly #locations = new Interner<ProfileFrame>((frame) => `${this.#functions.indexOf(frame)}:${frame.line}`);

  constructor() {
    // Index 0 of the string table is the empty text.
    this.#strings.indexOf("");
  }

  encode(profile: Profile): Uint8Array {
    const writer = this.#writer;
    for (const type of profile.sampleTypes) this.#valueType(profileField.sampleType, type);
    for (const sample of profile.samples) this.#sample(sample);
    for (const [index, frame] of this.#locations.values.entries()) this.#location(index + 1, frame);
    for (const [index, frame] of this.#functions.values.entries()) this.#function(index + 1, frame);
    writer.bigintField(profileField.timeNanos, nanoseconds(profile.timeMs));
    writer.bigintField(profileField.durationNanos, nanoseconds(profile.durationMs));
    if (profile.periodType !== undefined) this.#valueType(profileField.periodType, profile.periodType);
    writer.numberField(profileField.period, profile.period ?? 0);
    for (const text of this.#strings.values) writer.stringField(profileField.stringTable, text);
    return writer.finish();
  }

  #valueType(field: number, { type, unit }: ValueType): void {
    this.#writer.messageField(field, (writer) => {
      writer.numberField(valueTypeField.type, this.#strings.indexOf(type)).numberField(valueTypeField.unit, this.#strings.indexOf(unit));
    });
  }

  #sample({ stack, values, labels = {} }: ProfileSample): void {
    this.#writer.messageField(profileField.sample, (writer) => {
      packed(
        writer,
        sampleField.locationId,
        stack.map((frame) => this.#locations.indexOf(frame) + 1),
      );
      writer.messageField(sampleField.value, () => {
        for (const value of values) writer.bigint(BigInt(value));
      });
      for (const [key, text] of Object.entries(labels)) {
        writer.messageField(sampleField.label, () => {
          writer.numberField(labelField.key, this.#strings.indexOf(key)).numberField(labelField.str, this.#strings.indexOf(text));
        });
      }
    });
  }

  #location(id: number, frame: ProfileFrame): void {
    this.#writer.messageField(profileField.location, (writer) => {
      writer.numberField(locationField.id, id).messageField(locationField.line, () => {
        writer.numberField(lineField.functionId, this.#functions.indexOf(frame) + 1).numberField(lineField.line, frame.line);
      });
    });
  }

  #function(id: number, frame: ProfileFrame): void {
    const name = this.#strings.indexOf(frame.function);
    this.#writer.messageField(profileField.function, (writer) => {
      writer.numberField(functionField.id, id).numberField(functionField.name, name).numberField(functionField.systemName, name);
      writer
        .numberField(functionField.filename, this.#strings.indexOf(frame.file))
        .numberField(functionField.startLine, frame.functionLine);
    });
  }
}

function packed(writer: WireWriter, field: number, numbers: readonly number[]): void {
  const length = numbers.reduce((sum, number) => sum + varintLength(number), 0);
  writer.tag(field, wireType.bytes).number(length);
  for (const number of numbers) writer.number(number);
}

/** Nanoseconds since 1970 are beyond the integers that a number holds exactly. */
function nanoseconds(milliseconds: number): bigint {
  const whole = Math.floor(milliseconds);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((milliseconds - whole) * 1e6));
}

/** Gives equal values the same index, in order of appearance. */
class Interner<T> {
  readonly values: T[] = [];
  readonly #indexes = new Map<string, number>();
  /** Profilers use one frame object in many stacks: spares making its key again. */
  readonly #known = new Map<T, number>();
  readonly #keyOf: (value: T) => string;

  constructor(keyOf: (value: T) => string) {
    this.#keyOf = keyOf;
  }

  indexOf(value: T): number {
    let index = this.#known.get(value);
    if (index !== undefined) return index;
    const key = this.#keyOf(value);
    index = this.#indexes.get(key) ?? this.values.push(value) - 1;
    this.#indexes.set(key, index);
    this.#known.set(value, index);
    return index;
  }
}
