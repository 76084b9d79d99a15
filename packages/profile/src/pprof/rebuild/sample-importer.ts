import { bytesTag, malformed, varintTag, wireType } from "../../wire/wire-reader.ts";
import type { WireWriter } from "../../wire/wire-writer.ts";
import type { ProfileIndex } from "../delta/profile-index.ts";
import { sampleField } from "../fields.ts";
import { FrameImporter, type TextEdit } from "./frame-importer.ts";
import { dropped, LabelImporter } from "./label-importer.ts";
import type { ProfileBuilder } from "./profile-builder.ts";
import type { LabelEdit } from "./sample-labels.ts";

export interface ImportEdits {
  readonly labels?: LabelEdit | undefined;
  readonly texts?: TextEdit | undefined;
}

/** Takes samples of a profile over into a builder, with all that they refer to. */
export class SampleImporter {
  readonly frames: FrameImporter;
  /** Two int32 for each value of the sample that was read last. */
  values: Int32Array = new Int32Array();
  readonly #index: ProfileIndex;
  readonly #labels: LabelImporter;
  readonly #builder: ProfileBuilder;

  constructor(index: ProfileIndex, builder: ProfileBuilder) {
    this.#index = index;
    this.#builder = builder;
    this.frames = new FrameImporter(index, builder);
    this.#labels = new LabelImporter(index, this.frames, builder);
  }

  /** Begins with the profile that the index holds now; `width` is the number of values of a sample. */
  begin(width: number, edits: ImportEdits = {}): void {
    this.frames.begin(edits.texts);
    this.#labels.begin(edits.labels);
    this.values = new Int32Array(width * 2);
  }

  /** Whether the edit has changed any labels or dropped any sample so far. */
  get labelsChanged(): boolean {
    return this.#labels.changed;
  }

  /** Goes on with the builder empty. */
  beginPart(): void {
    this.frames.beginPart();
    this.#labels.beginPart();
  }

  /** Adds a sample to the builder; false when its labels drop it. @throws ProfileDataError */
  add(sample: number): boolean {
    const { samples } = this.#index;
    const end = samples.ends.items[sample] as number;
    this.#index.open(samples, sample);
    this.#readLabels(end);
    const labelSet = this.#labels.endSample();
    if (labelSet === dropped) return false;
    this.#index.open(samples, sample);
    this.#readOthers(end);
    this.#builder.endSample(labelSet, this.values);
    return true;
  }

  /** First, because what a dropped sample refers to is not wanted. */
  #readLabels(end: number): void {
    const { reader } = this.#index;
    while (reader.position < end) {
      const tag = reader.tag();
      if ((tag & 7) !== wireType.bytes) {
        reader.skip(tag & 7);
        continue;
      }
      const fieldEnd = reader.enter();
      if (tag === bytesTag(sampleField.label)) this.#labels.add(reader.position, fieldEnd);
      reader.position = fieldEnd;
    }
    reader.leave(end);
  }

  #readOthers(end: number): void {
    const { reader } = this.#index;
    const { writer } = this.#builder.samples;
    let values = 0;
    while (reader.position < end) {
      const tag = reader.tag();
      switch (tag) {
        case bytesTag(sampleField.locationId):
          this.frames.stack(reader.enter(), writer);
          break;
        case varintTag(sampleField.locationId):
          this.#readFrame(writer);
          break;
        case bytesTag(sampleField.value): {
          const valuesEnd = reader.enter();
          for (; reader.position < valuesEnd; values += 1) this.#readValue(values);
          reader.leave(valuesEnd);
          break;
        }
        case varintTag(sampleField.value):
          this.#readValue(values);
          values += 1;
          break;
        default:
          reader.skip(tag & 7);
      }
    }
    const width = this.values.length / 2;
    if (values !== width) throw malformed(`sample has ${values} values, the profile has ${width} sample types`);
  }

  /** One location id that stands alone, in profiles that do not pack them. */
  #readFrame(writer: WireWriter): void {
    const { reader } = this.#index;
    const { position } = reader;
    reader.varint();
    const end = reader.position;
    reader.position = position;
    this.frames.stack(end, writer);
  }

  #readValue(at: number): void {
    const { reader } = this.#index;
    reader.varint();
    if (at * 2 >= this.values.length) return;
    this.values[at * 2] = reader.lo;
    this.values[at * 2 + 1] = reader.hi;
  }
}
