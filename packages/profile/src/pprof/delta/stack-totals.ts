import { ProfileDataError } from "../../profile-data-error.ts";
import { bytesTag, malformed, varintTag } from "../../wire/wire-reader.ts";
import { sampleField } from "../fields.ts";
import { Int32List } from "./int32-list.ts";
import type { ProfileIndex } from "./profile-index.ts";
import type { StackIdentity } from "./stack-identity.ts";
import type { StackTable } from "./stack-table.ts";

const packedValues = bytesTag(sampleField.value);
const singleValue = varintTag(sampleField.value);

/** The values of a profile summed by stack, stacks in order of appearance. */
export class StackTotals {
  /** The table's entry of each stack. */
  readonly entries = new Int32List();
  /** The first sample of each stack. */
  readonly samples = new Int32List();
  /** Low and high halves of the sums, one for each sample type, stack after stack. */
  readonly values = new Int32List();
  /** Place + 1 in the lists above by entry. */
  readonly #places = new Int32List();

  /** @throws ProfileDataError when a sample is damaged, or has another number of values than `width`, or there are more than `maxStacks` stacks */
  collect(index: ProfileIndex, identity: StackIdentity, table: StackTable, width: number, maxStacks: number): void {
    const { samples } = index;
    this.entries.clear();
    this.samples.clear();
    this.values.clear();
    this.#places.fillZero(table.count + samples.length);
    for (let sample = 0; sample < samples.length; sample += 1) {
      identity.hashSample(sample);
      const place = this.#placeOf(table.find(identity.low, identity.high), sample);
      if (place >= maxStacks) throw new ProfileDataError("too_large", `profile has more than ${maxStacks} stacks`);
      if (place * width * 2 === this.values.length) this.values.pushZeros(width * 2);
      if (identity.valuesStart >= 0) this.#add(index, sample, identity.valuesStart, place * width * 2, width);
      else if (width > 0) throw wrongCount(0, width);
    }
  }

  /** A copy of the entries. */
  seenEntries(): Int32Array {
    return this.entries.items.slice(0, this.entries.length);
  }

  #placeOf(entry: number, sample: number): number {
    const known = this.#places.items[entry] as number;
    if (known > 0) return known - 1;
    this.entries.push(entry);
    this.samples.push(sample);
    this.#places.items[entry] = this.entries.length;
    return this.entries.length - 1;
  }

  #add(index: ProfileIndex, sample: number, start: number, offset: number, width: number): void {
    const { reader } = index;
    const end = index.samples.ends.items[sample] as number;
    reader.position = start;
    let count = 0;
    while (reader.position < end) {
      const tag = reader.tag();
      if (tag === packedValues) {
        const packedEnd = reader.enter();
        for (; reader.position < packedEnd; count += 1) this.#addValue(index, offset, count, width);
        reader.leave(packedEnd);
      } else if (tag === singleValue) {
        this.#addValue(index, offset, count, width);
        count += 1;
      } else reader.skip(tag & 7);
    }
    if (count !== width) throw wrongCount(count, width);
  }

  #addValue({ reader }: ProfileIndex, offset: number, number: number, width: number): void {
    reader.varint();
    if (number >= width) return;
    const values = this.values.items;
    const at = offset + number * 2;
    const low = ((values[at] as number) >>> 0) + (reader.lo >>> 0);
    values[at] = low;
    values[at + 1] = (values[at + 1] as number) + reader.hi + (low > 0xffff_ffff ? 1 : 0);
  }
}

function wrongCount(count: number, width: number): ProfileDataError {
  return malformed(`sample has ${count} values, the profile has ${width} sample types`);
}
