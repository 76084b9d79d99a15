import { malformed, wireType } from "../../wire/wire-reader.ts";
import { functionField, labelField, lineField, locationField, mappingField, sampleField } from "../fields.ts";
import { Int32List } from "./int32-list.ts";
import type { ProfileIndex } from "./profile-index.ts";

const varint = (field: number): number => field * 8 + wireType.varint;
const bytes = (field: number): number => field * 8 + wireType.bytes;

/**
 * Gives each sample of a profile 64 bits that tell its stack and labels apart from others', and are the same in the next profile of the same program.
 *
 * A frame is its address in its mapping (build id, or file when there is none); without an address, as in profiles of Node.js, Python and the JVM, it is
 * the names, files and lines of its functions. Ids and the order of labels do not count.
 */
export class StackIdentity {
  /** The hash of the sample that {@link hashSample} looked at last. */
  low = 0;
  high = 0;
  /** Where its first value field begins, -1 when it has none. */
  valuesStart = -1;

  #index: ProfileIndex;
  /** Two lanes for each string; zero means not made yet. */
  readonly #strings = new Int32List();
  /** Two lanes for each location. */
  readonly #locations = new Int32List();
  readonly #mappings = new Int32List();

  constructor(index: ProfileIndex) {
    this.#index = index;
  }

  /** Prepares for the profile that the index holds now. */
  begin(): void {
    const { strings, mappings, locations } = this.#index;
    this.#strings.fillZero(strings.length * 2);
    this.#mappings.clear();
    this.#locations.clear();
    for (let mapping = 0; mapping < mappings.length; mapping += 1) this.#hashMapping(mapping);
    for (let location = 0; location < locations.length; location += 1) this.#hashLocation(location);
  }

  /** Hashes stack and labels of a sample into `low` and `high`, and finds its values. */
  hashSample(sample: number): void {
    const { samples } = this.#index;
    const reader = this.#index.open(samples, sample);
    const end = samples.ends.items[sample] as number;
    this.low = 0x2545f491;
    this.high = 0x27d4eb2f;
    this.valuesStart = -1;
    let labelsLow = 0;
    let labelsHigh = 0;
    while (reader.position < end) {
      const start = reader.position;
      const tag = reader.tag();
      if (tag === bytes(sampleField.locationId)) this.#hashStack(reader.enter());
      else if (tag === varint(sampleField.locationId)) this.#hashFrame();
      else if (tag === bytes(sampleField.label)) {
        this.#hashLabel(reader.enter());
        labelsLow = (labelsLow + this.#labelLow) | 0;
        labelsHigh = (labelsHigh + this.#labelHigh) | 0;
      } else {
        reader.skip(tag & 7);
        if (this.valuesStart < 0 && tag >>> 3 === sampleField.value) this.valuesStart = start;
      }
    }
    reader.leave(end);
    this.low = mix(this.low ^ labelsLow);
    this.high = mix(this.high + labelsHigh + this.low);
  }

  #hashStack(end: number): void {
    const { reader, locationById } = this.#index;
    const locations = this.#locations.items;
    let { low, high } = this;
    while (reader.position < end) {
      reader.varint();
      const location = locationById.get(reader.lo, reader.hi);
      if (location < 0) throw malformed("invalid location index");
      low = Math.imul(low ^ (locations[location * 2] as number), 0x85ebca6b);
      low = (low << 13) | (low >>> 19);
      high = Math.imul(high ^ (locations[location * 2 + 1] as number), 0xc2b2ae35);
      high = (high << 15) | (high >>> 17);
    }
    reader.leave(end);
    this.low = low;
    this.high = high;
  }

  /** One location id that stands alone, in profiles that do not pack them. */
  #hashFrame(): void {
    const { reader } = this.#index;
    const { position } = reader;
    reader.varint();
    const end = reader.position;
    reader.position = position;
    this.#hashStack(end);
  }

  #labelLow = 0;
  #labelHigh = 0;

  #hashLabel(end: number): void {
    const { reader } = this.#index;
    let [key, text, unit, numberLow, numberHigh] = [0, 0, 0, 0, 0];
    while (reader.position < end) {
      const tag = reader.tag();
      if (tag === varint(labelField.key)) key = reader.number();
      else if (tag === varint(labelField.str)) text = reader.number();
      else if (tag === varint(labelField.numUnit)) unit = reader.number();
      else {
        reader.skip(tag & 7);
        if (tag === varint(labelField.num)) [numberLow, numberHigh] = [reader.lo, reader.hi];
      }
    }
    reader.leave(end);
    const strings = this.#strings.items;
    for (const string of [key, text, unit]) this.#hashString(string);
    const tail = (lane: number): number => mix((strings[text * 2 + lane] as number) ^ mix((strings[unit * 2 + lane] as number) + lane));
    this.#labelLow = mix((strings[key * 2] as number) + mix(tail(0) ^ numberLow) + mix(numberHigh));
    this.#labelHigh = mix((strings[key * 2 + 1] as number) ^ mix(tail(1) + numberHigh + mix(numberLow)));
  }

  #hashMapping(mapping: number): void {
    const { mappings } = this.#index;
    const reader = this.#index.open(mappings, mapping);
    const end = mappings.ends.items[mapping] as number;
    let [file, buildId] = [0, 0];
    while (reader.position < end) {
      const tag = reader.tag();
      if (tag === varint(mappingField.filename)) file = reader.number();
      else if (tag === varint(mappingField.buildId)) buildId = reader.number();
      else reader.skip(tag & 7);
    }
    reader.leave(end);
    const name = buildId === 0 ? file : buildId;
    this.#hashString(name);
    this.#mappings.push(this.#strings.items[name * 2] as number);
    this.#mappings.push(this.#strings.items[name * 2 + 1] as number);
  }

  #hashLocation(location: number): void {
    const addressLow = this.#index.addresses.items[location * 2] as number;
    const addressHigh = this.#index.addresses.items[location * 2 + 1] as number;
    if ((addressLow | addressHigh) === 0) {
      this.#hashLines(location);
      return;
    }
    const mapping = this.#index.locationMappings.items[location] as number;
    const mappingLow = mapping < 0 ? 0 : (this.#mappings.items[mapping * 2] as number);
    const mappingHigh = mapping < 0 ? 0 : (this.#mappings.items[mapping * 2 + 1] as number);
    this.#locations.push(mix(mix(addressLow) + addressHigh + mappingLow));
    this.#locations.push(mix(mix(addressHigh ^ 0x5bd1e995) ^ Math.imul(addressLow, 0x9e3779b1) ^ mappingHigh));
  }

  #hashLines(location: number): void {
    const { locations } = this.#index;
    const reader = this.#index.open(locations, location);
    const end = locations.ends.items[location] as number;
    let [low, high] = [1, 2];
    while (reader.position < end) {
      const tag = reader.tag();
      if (tag !== bytes(locationField.line)) {
        reader.skip(tag & 7);
        continue;
      }
      this.#hashLine(reader.enter());
      low = mix(Math.imul(low, 31) + this.#lineLow);
      high = mix(Math.imul(high, 33) ^ this.#lineHigh);
    }
    reader.leave(end);
    this.#locations.push(low);
    this.#locations.push(high);
  }

  #lineLow = 0;
  #lineHigh = 0;

  #hashLine(end: number): void {
    const { reader, functionById } = this.#index;
    let [functionIndex, lineLow, lineHigh] = [-1, 0, 0];
    while (reader.position < end) {
      const tag = reader.tag();
      reader.skip(tag & 7);
      if (tag === varint(lineField.functionId)) functionIndex = functionById.get(reader.lo, reader.hi);
      else if (tag === varint(lineField.line)) [lineLow, lineHigh] = [reader.lo, reader.hi];
    }
    reader.leave(end);
    const [nameLow, nameHigh] = this.#hashFunction(functionIndex);
    reader.position = end;
    this.#lineLow = mix(nameLow + mix(lineLow) + lineHigh);
    this.#lineHigh = mix(nameHigh ^ mix(lineLow + 0x9e3779b1) ^ lineHigh);
  }

  /** Of name and file. Moves the cursor. */
  #hashFunction(index: number): readonly [number, number] {
    if (index < 0) return [0, 0];
    const { functions } = this.#index;
    const reader = this.#index.open(functions, index);
    const end = functions.ends.items[index] as number;
    let [name, file] = [0, 0];
    while (reader.position < end) {
      const tag = reader.tag();
      if (tag === varint(functionField.name)) name = reader.number();
      else if (tag === varint(functionField.filename)) file = reader.number();
      else reader.skip(tag & 7);
    }
    reader.leave(end);
    this.#hashString(name);
    this.#hashString(file);
    const strings = this.#strings.items;
    return [
      mix((strings[name * 2] as number) + mix(strings[file * 2] as number)),
      mix((strings[name * 2 + 1] as number) ^ mix((strings[file * 2 + 1] as number) + 1)),
    ];
  }

  /** Makes the hash of a string if it is not there yet. */
  #hashString(string: number): void {
    this.#index.checkString(string);
    const hashes = this.#strings.items;
    if (hashes[string * 2] !== 0) return;
    const { bytes } = this.#index.reader;
    const end = this.#index.strings.ends.items[string] as number;
    let low = 0x811c9dc5;
    let high = 0x1b873593;
    for (let at = this.#index.strings.starts.items[string] as number; at < end; at += 1) {
      const byte = bytes[at] as number;
      low = Math.imul(low ^ byte, 0x01000193);
      high = Math.imul(high + byte, 0x5bd1e995);
      high ^= high >>> 15;
    }
    hashes[string * 2] = mix(low) | 1;
    hashes[string * 2 + 1] = mix(high);
  }
}

/** MurmurHash3's finalizer: every bit of the input changes half of the bits of the output. */
function mix(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
