import { bytesTag, malformed, varintTag } from "../../wire/wire-reader.ts";
import { labelField, sampleField } from "../fields.ts";
import { FrameHashes } from "./frame-hashes.ts";
import type { ProfileIndex } from "./profile-index.ts";
import { mix, StringHashes } from "./string-hashes.ts";

/**
 * Gives each sample of a profile 64 bits that tell its stack and labels apart from others', and are the same in the next profile of the same program.
 * Stacks are the same when their frames are, see {@link FrameHashes}. Ids and the order of labels do not count.
 */
export class StackIdentity {
  /** The hash of the sample that {@link hashSample} looked at last. */
  low = 0;
  high = 0;
  /** Where its first value field begins, -1 when it has none. */
  valuesStart = -1;

  readonly #index: ProfileIndex;
  readonly #strings: StringHashes;
  readonly #frames: FrameHashes;
  /** The sum over the labels of the sample: any order gives the same. */
  #labelsLow = 0;
  #labelsHigh = 0;

  constructor(index: ProfileIndex) {
    this.#index = index;
    this.#strings = new StringHashes(index);
    this.#frames = new FrameHashes(index, this.#strings);
  }

  /** Prepares for the profile that the index holds now. */
  begin(): void {
    this.#strings.begin();
    this.#frames.begin();
  }

  /** Hashes stack and labels of a sample into `low` and `high`, and finds its values. */
  hashSample(sample: number): void {
    const { samples } = this.#index;
    const reader = this.#index.open(samples, sample);
    const end = samples.ends.items[sample] as number;
    this.low = 0x2545f491;
    this.high = 0x27d4eb2f;
    this.valuesStart = -1;
    this.#labelsLow = 0;
    this.#labelsHigh = 0;
    while (reader.position < end) {
      const start = reader.position;
      const tag = reader.tag();
      if (tag === bytesTag(sampleField.locationId)) this.#hashStack(reader.enter());
      else if (tag === varintTag(sampleField.locationId)) this.#hashFrame();
      else if (tag === bytesTag(sampleField.label)) this.#hashLabel(reader.enter());
      else {
        reader.skip(tag & 7);
        if (this.valuesStart < 0 && tag >>> 3 === sampleField.value) this.valuesStart = start;
      }
    }
    reader.leave(end);
    this.low = mix(this.low ^ this.#labelsLow);
    this.high = mix(this.high + this.#labelsHigh + this.low);
  }

  #hashStack(end: number): void {
    const { reader, locationById } = this.#index;
    const frames = this.#frames.lanes.items;
    let { low, high } = this;
    while (reader.position < end) {
      reader.varint();
      const location = locationById.get(reader.lo, reader.hi);
      if (location < 0) throw malformed("invalid location index");
      low = Math.imul(low ^ (frames[location * 2] as number), 0x85ebca6b);
      low = (low << 13) | (low >>> 19);
      high = Math.imul(high ^ (frames[location * 2 + 1] as number), 0xc2b2ae35);
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

  #hashLabel(end: number): void {
    const { reader } = this.#index;
    let [key, text, unit, numberLow, numberHigh] = [0, 0, 0, 0, 0];
    while (reader.position < end) {
      const tag = reader.tag();
      if (tag === varintTag(labelField.key)) key = reader.number();
      else if (tag === varintTag(labelField.str)) text = reader.number();
      else if (tag === varintTag(labelField.numUnit)) unit = reader.number();
      else {
        reader.skip(tag & 7);
        if (tag === varintTag(labelField.num)) [numberLow, numberHigh] = [reader.lo, reader.hi];
      }
    }
    reader.leave(end);
    const strings = this.#strings;
    const low = mix(strings.low(text) ^ mix(strings.low(unit))) ^ numberLow;
    const high = mix(strings.high(text) ^ mix(strings.high(unit) + 1)) + numberHigh;
    this.#labelsLow = (this.#labelsLow + mix(strings.low(key) + mix(low) + mix(numberHigh))) | 0;
    this.#labelsHigh = (this.#labelsHigh + mix(strings.high(key) ^ mix(high + mix(numberLow)))) | 0;
  }
}
