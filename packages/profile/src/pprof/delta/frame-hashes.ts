import { bytesTag, varintTag } from "../../wire/wire-reader.ts";
import { functionField, lineField, locationField, mappingField } from "../fields.ts";
import { Int32List } from "./int32-list.ts";
import type { ProfileIndex } from "./profile-index.ts";
import { mix, type StringHashes } from "./string-hashes.ts";

/**
 * 64-bit hashes of a profile's locations. A location is its address in its mapping (build id, or file when there is none); without an address, as in
 * profiles of Node.js, Python and the JVM, it is the names, files and lines of its functions.
 */
export class FrameHashes {
  /** Two lanes for each location, by its index. */
  readonly lanes = new Int32List();
  readonly #index: ProfileIndex;
  readonly #strings: StringHashes;
  /** Two lanes for each mapping. */
  readonly #mappings = new Int32List();
  /** Two lanes for each function, made when they are asked for; zero in the first means not made yet. */
  readonly #functions = new Int32List();
  /** The line that was hashed last. */
  #low = 0;
  #high = 0;

  constructor(index: ProfileIndex, strings: StringHashes) {
    this.#index = index;
    this.#strings = strings;
  }

  /** Hashes all locations of the profile that the index holds now. */
  begin(): void {
    const { mappings, locations, functions } = this.#index;
    this.#functions.fillZero(functions.length * 2);
    this.#mappings.clear();
    this.lanes.clear();
    for (let mapping = 0; mapping < mappings.length; mapping += 1) this.#hashMapping(mapping);
    for (let location = 0; location < locations.length; location += 1) this.#hashLocation(location);
  }

  #hashMapping(mapping: number): void {
    const { mappings } = this.#index;
    const reader = this.#index.open(mappings, mapping);
    const end = mappings.ends.items[mapping] as number;
    let [file, buildId] = [0, 0];
    while (reader.position < end) {
      const tag = reader.tag();
      if (tag === varintTag(mappingField.filename)) file = reader.number();
      else if (tag === varintTag(mappingField.buildId)) buildId = reader.number();
      else reader.skip(tag & 7);
    }
    reader.leave(end);
    const name = buildId === 0 ? file : buildId;
    this.#mappings.push(this.#strings.low(name));
    this.#mappings.push(this.#strings.high(name));
  }

  #hashLocation(location: number): void {
    const { addresses, locationMappings } = this.#index;
    const low = addresses.items[location * 2] as number;
    const high = addresses.items[location * 2 + 1] as number;
    if ((low | high) === 0) {
      this.#hashLines(location);
      return;
    }
    const mapping = locationMappings.items[location] as number;
    const mappingLow = mapping < 0 ? 0 : (this.#mappings.items[mapping * 2] as number);
    const mappingHigh = mapping < 0 ? 0 : (this.#mappings.items[mapping * 2 + 1] as number);
    this.lanes.push(mix(mix(low) + high + mappingLow));
    this.lanes.push(mix(mix(high ^ 0x5bd1e995) ^ Math.imul(low, 0x9e3779b1) ^ mappingHigh));
  }

  #hashLines(location: number): void {
    const { locations } = this.#index;
    const reader = this.#index.open(locations, location);
    const end = locations.ends.items[location] as number;
    let [low, high] = [1, 2];
    while (reader.position < end) {
      const tag = reader.tag();
      if (tag !== bytesTag(locationField.line)) {
        reader.skip(tag & 7);
        continue;
      }
      this.#hashLine(reader.enter());
      low = mix(Math.imul(low, 31) + this.#low);
      high = mix(Math.imul(high, 33) ^ this.#high);
    }
    reader.leave(end);
    this.lanes.push(low);
    this.lanes.push(high);
  }

  #hashLine(end: number): void {
    const { reader, functionById } = this.#index;
    let [functionIndex, low, high] = [-1, 0, 0];
    while (reader.position < end) {
      const tag = reader.tag();
      reader.skip(tag & 7);
      if (tag === varintTag(lineField.functionId)) functionIndex = functionById.get(reader.lo, reader.hi);
      else if (tag === varintTag(lineField.line)) [low, high] = [reader.lo, reader.hi];
    }
    reader.leave(end);
    const lanes = this.#functions.items;
    if (functionIndex >= 0 && lanes[functionIndex * 2] === 0) this.#hashFunction(functionIndex);
    reader.position = end;
    const functionLow = functionIndex < 0 ? 0 : (lanes[functionIndex * 2] as number);
    const functionHigh = functionIndex < 0 ? 0 : (lanes[functionIndex * 2 + 1] as number);
    this.#low = mix(functionLow + mix(low) + high);
    this.#high = mix(functionHigh ^ mix(low + 0x9e3779b1) ^ high);
  }

  /** By name and file. Moves the cursor. */
  #hashFunction(index: number): void {
    const { functions } = this.#index;
    const reader = this.#index.open(functions, index);
    const end = functions.ends.items[index] as number;
    let [name, file] = [0, 0];
    while (reader.position < end) {
      const tag = reader.tag();
      if (tag === varintTag(functionField.name)) name = reader.number();
      else if (tag === varintTag(functionField.filename)) file = reader.number();
      else reader.skip(tag & 7);
    }
    reader.leave(end);
    this.#functions.items[index * 2] = mix(this.#strings.low(name) + mix(this.#strings.low(file))) | 1;
    this.#functions.items[index * 2 + 1] = mix(this.#strings.high(name) ^ mix(this.#strings.high(file) + 1));
  }
}
