import { bytesTag, varintTag, wireType } from "../../wire/wire-reader.ts";
import { varintLength, WireWriter } from "../../wire/wire-writer.ts";
import { functionField, labelField, lineField, locationField, mappingField, profileField, sampleField, valueTypeField } from "../fields.ts";
import { Int32List } from "./int32-list.ts";
import type { ProfileIndex, RecordList } from "./profile-index.ts";
import type { StackTotals } from "./stack-totals.ts";

/** Fields of a profile that are an index of the string table, or several. */
const stringFields: ReadonlySet<number> = new Set([
  profileField.dropFrames,
  profileField.keepFrames,
  profileField.comment,
  profileField.defaultSampleType,
  profileField.docUrl,
]);

/**
 * Writes a profile with other values: samples whose values are all zero are left out, and so are locations and functions that then nobody refers to.
 * Texts nobody refers to become empty, so that indexes stay what they are; at the end of the table they go. All else is copied as it is.
 */
export class DeltaWriter {
  readonly #index: ProfileIndex;
  readonly #out = new WireWriter(1 << 14);
  readonly #usedStrings = new Int32List();
  readonly #usedLocations = new Int32List();
  readonly #usedFunctions = new Int32List();

  constructor(index: ProfileIndex) {
    this.#index = index;
  }

  /** How many bytes are held for the next profile. */
  get capacity(): number {
    return this.#out.capacity;
  }

  /** A view of the profile, valid until the next call. `durationNanos` replaces the profile's own; zero leaves it out. */
  write(totals: StackTotals, width: number, durationNanos: bigint): Uint8Array {
    const index = this.#index;
    this.#out.reset();
    this.#usedStrings.fillZero(index.strings.length);
    this.#usedLocations.fillZero(index.locations.length);
    this.#usedFunctions.fillZero(index.functions.length);
    this.#writeOthers(durationNanos);
    for (let place = 0; place < totals.entries.length; place += 1) {
      if (hasValue(totals.values.items, place * width * 2, width * 2)) this.#writeSample(totals, place, width);
    }
    this.#writeMappings();
    this.#writeLocations();
    this.#writeFunctions();
    this.#writeStrings();
    return this.#out.view();
  }

  #writeOthers(durationNanos: bigint): void {
    const { others, otherFields, reader } = this.#index;
    for (const [index, field] of otherFields.entries()) {
      if (field === profileField.durationNanos) continue;
      const end = others.ends.items[index] as number;
      this.#markOther(field, end, index);
      this.#out.raw(reader.bytes, others.starts.items[index], end);
    }
    this.#out.bigintField(profileField.durationNanos, durationNanos);
  }

  #markOther(field: number, end: number, index: number): void {
    const reader = this.#index.open(this.#index.others, index);
    const type = reader.tag() & 7;
    if (field === profileField.sampleType || field === profileField.periodType) {
      if (type === wireType.bytes) this.#markFields(reader.enter(), valueTypeField.type, valueTypeField.unit);
    } else if (stringFields.has(field)) {
      if (type === wireType.bytes) reader.enter();
      while (reader.position < end) this.#markString();
    }
  }

  #writeSample(totals: StackTotals, place: number, width: number): void {
    const { reader, samples } = this.#index;
    const sample = totals.samples.items[place] as number;
    const start = samples.starts.items[sample] as number;
    const end = samples.ends.items[sample] as number;
    const valuesLength = lengthOfValues(totals.values.items, place * width, width);
    const kept = end - start - this.#markSample(start, end);
    this.#out.tag(profileField.sample, wireType.bytes).number(kept + 1 + varintLength(valuesLength) + valuesLength);
    this.#copySample(start, end);
    this.#out.tag(sampleField.value, wireType.bytes).number(valuesLength);
    for (let at = place * width * 2; at < (place + 1) * width * 2; at += 2) {
      this.#out.varint(totals.values.items[at] as number, totals.values.items[at + 1] as number);
    }
    reader.position = end;
  }

  /** Marks what a sample refers to; returns how many bytes its values take. */
  #markSample(start: number, end: number): number {
    const { reader } = this.#index;
    let valueBytes = 0;
    reader.position = start;
    while (reader.position < end) {
      const fieldStart = reader.position;
      const tag = reader.tag();
      if (tag === bytesTag(sampleField.locationId)) {
        const idsEnd = reader.enter();
        while (reader.position < idsEnd) this.#markLocation();
      } else if (tag === varintTag(sampleField.locationId)) this.#markLocation();
      else if (tag === bytesTag(sampleField.label)) this.#markLabel(reader.enter());
      else reader.skip(tag & 7);
      if (tag >>> 3 === sampleField.value) valueBytes += reader.position - fieldStart;
    }
    return valueBytes;
  }

  /** Copies all fields but the values. */
  #copySample(start: number, end: number): void {
    const { reader } = this.#index;
    let from = start;
    reader.position = start;
    while (reader.position < end) {
      const fieldStart = reader.position;
      const tag = reader.tag();
      reader.skip(tag & 7);
      if (tag >>> 3 !== sampleField.value) continue;
      this.#out.raw(reader.bytes, from, fieldStart);
      from = reader.position;
    }
    this.#out.raw(reader.bytes, from, end);
  }

  #markLocation(): void {
    const { reader, locationById } = this.#index;
    reader.varint();
    this.#usedLocations.items[locationById.get(reader.lo, reader.hi)] = 1;
  }

  #markLabel(end: number): void {
    const { reader } = this.#index;
    while (reader.position < end) {
      const tag = reader.tag();
      if (tag === varintTag(labelField.num)) reader.varint();
      else if ((tag & 7) === wireType.varint) this.#markString();
      else reader.skip(tag & 7);
    }
  }

  #writeMappings(): void {
    const { mappings } = this.#index;
    for (let mapping = 0; mapping < mappings.length; mapping += 1) {
      this.#index.open(mappings, mapping);
      this.#markFields(mappings.ends.items[mapping] as number, mappingField.filename, mappingField.buildId);
      this.#copy(profileField.mapping, mappings, mapping);
    }
  }

  #writeLocations(): void {
    const { locations, reader } = this.#index;
    for (let location = 0; location < locations.length; location += 1) {
      if (this.#usedLocations.items[location] === 0) continue;
      this.#index.open(locations, location);
      const end = locations.ends.items[location] as number;
      while (reader.position < end) {
        const tag = reader.tag();
        if (tag === bytesTag(locationField.line)) this.#markLine(reader.enter());
        else reader.skip(tag & 7);
      }
      this.#copy(profileField.location, locations, location);
    }
  }

  #markLine(end: number): void {
    const { reader, functionById } = this.#index;
    while (reader.position < end) {
      const tag = reader.tag();
      reader.skip(tag & 7);
      if (tag !== varintTag(lineField.functionId)) continue;
      const index = functionById.get(reader.lo, reader.hi);
      if (index >= 0) this.#usedFunctions.items[index] = 1;
    }
    reader.leave(end);
  }

  #writeFunctions(): void {
    const { functions } = this.#index;
    for (let index = 0; index < functions.length; index += 1) {
      if (this.#usedFunctions.items[index] === 0) continue;
      this.#index.open(functions, index);
      this.#markFields(functions.ends.items[index] as number, functionField.name, functionField.systemName, functionField.filename);
      this.#copy(profileField.function, functions, index);
    }
  }

  #writeStrings(): void {
    const { strings } = this.#index;
    let { length } = strings;
    while (length > 1 && this.#usedStrings.items[length - 1] === 0) length -= 1;
    for (let string = 0; string < length; string += 1) {
      if (string === 0 || this.#usedStrings.items[string] !== 0) this.#copy(profileField.stringTable, strings, string);
      else this.#out.tag(profileField.stringTable, wireType.bytes).number(0);
    }
  }

  #copy(field: number, records: RecordList, index: number): void {
    const start = records.starts.items[index] as number;
    const end = records.ends.items[index] as number;
    this.#out
      .tag(field, wireType.bytes)
      .number(end - start)
      .raw(this.#index.reader.bytes, start, end);
  }

  /** Marks the strings that the given fields of the message at the cursor refer to. */
  #markFields(end: number, ...fields: readonly number[]): void {
    const { reader } = this.#index;
    while (reader.position < end) {
      const tag = reader.tag();
      if ((tag & 7) === wireType.varint && fields.includes(tag >>> 3)) this.#markString();
      else reader.skip(tag & 7);
    }
    reader.leave(end);
  }

  #markString(): void {
    const string = this.#index.reader.number();
    this.#index.checkString(string);
    this.#usedStrings.items[string] = 1;
  }
}

function hasValue(values: Int32Array, start: number, length: number): boolean {
  for (let at = start; at < start + length; at += 1) {
    if (values[at] !== 0) return true;
  }
  return false;
}

function lengthOfValues(values: Int32Array, start: number, width: number): number {
  let length = 0;
  for (let at = start; at < start + width; at += 1) length += varintLength(values[at * 2] as number, values[at * 2 + 1]);
  return length;
}
