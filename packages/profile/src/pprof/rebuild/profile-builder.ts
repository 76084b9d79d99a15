import { bytesOfText, textOfBytes } from "../../text/bytes.ts";
import { WireReader, wireType } from "../../wire/wire-reader.ts";
import { varintLength, WireWriter } from "../../wire/wire-writer.ts";
import { Int32List } from "../delta/int32-list.ts";
import { profileField, sampleField } from "../fields.ts";
import { RecordInterner } from "./record-interner.ts";

/** Records that have an id of their own, all of them in field 1. */
type RecordKind = "mapping" | "location" | "function";

/** How many records of a kind there will be, and how many bytes they will take. Spares growing lists. */
export interface RecordSizes {
  readonly count: number;
  readonly bytes: number;
}

export interface BuilderSizes {
  readonly strings: RecordSizes;
  readonly locations: RecordSizes;
  readonly functions: RecordSizes;
  readonly samples: RecordSizes;
}

const none: RecordSizes = { count: 0, bytes: 0 };
const small: BuilderSizes = { strings: none, locations: none, functions: none, samples: none };

/**
 * Collects a profile in which equal texts, functions, locations, mappings and samples stand once, with ids from 1 without gaps; values of equal samples
 * are added up, in 64 bits. To be used again for profile after profile. A sample's key is its location ids and the number of its label set, as varints.
 */
export class ProfileBuilder {
  readonly strings: RecordInterner = new RecordInterner();
  readonly mappings: RecordInterner = new RecordInterner();
  readonly locations: RecordInterner = new RecordInterner();
  readonly functions: RecordInterner = new RecordInterner();
  /** Contents of label fields. */
  readonly labels: RecordInterner = new RecordInterner();
  readonly samples: RecordInterner = new RecordInterner();
  #width = 0;
  /** Two int32 for each value, sample after sample. */
  readonly #values = new Int32List();
  readonly #sampleLabelSets = new Int32List();
  /** Each a list of label ids as varints, and the bytes that its fields take in a sample. */
  readonly #labelSets = new RecordInterner();
  readonly #labelSetLengths = new Int32List();
  /** Bytes that the values of each sample take. */
  readonly #valueLengths = new Int32List();
  #header: Uint8Array = new Uint8Array();
  #size = 0;
  #lastSample = 0;
  readonly #lists: readonly RecordInterner[] = [
    this.strings,
    this.mappings,
    this.locations,
    this.functions,
    this.labels,
    this.#labelSets,
    this.samples,
  ];
  readonly #mark = new Int32Array(7);
  #markSize = 0;

  /** Begins a profile, `width` is the number of values of a sample. */
  begin(width: number, { strings, locations, functions, samples }: BuilderSizes = small): void {
    this.#width = width;
    this.strings.begin(strings.count, strings.bytes);
    this.locations.begin(locations.count, locations.bytes);
    this.functions.begin(functions.count, functions.bytes);
    this.samples.begin(samples.count, samples.bytes);
    for (const list of [this.mappings, this.labels, this.#labelSets]) list.begin();
    for (const list of [this.#values, this.#sampleLabelSets, this.#labelSetLengths, this.#valueLengths]) list.clear();
    this.#values.reserve(samples.count * width * 2);
    this.#sampleLabelSets.reserve(samples.count);
    this.#valueLengths.reserve(samples.count);
    this.#header = new Uint8Array();
    this.#size = 0;
    // Index 0 of the string table is the empty text.
    this.endString();
  }

  /** Bytes of the profile as it is now. */
  get size(): number {
    return this.#size;
  }

  get sampleCount(): number {
    return this.samples.count;
  }

  /** The index in the string table of what was written to `strings`. */
  endString(): number {
    const { strings } = this;
    const { count } = strings;
    const id = strings.intern();
    if (id > count) this.#size += fieldSize(strings.end(id) - strings.start(id));
    return id - 1;
  }

  /** The index in the string table of a text. */
  string(text: string): number {
    this.strings.writer.raw(bytesOfText(text));
    return this.endString();
  }

  /** The text at an index of the string table. */
  text(index: number): string {
    const { strings } = this;
    return textOfBytes(strings.writer.buffer.subarray(strings.start(index + 1), strings.end(index + 1)));
  }

  /** The id of what was written to one of the lists, without its id. */
  endRecord(kind: RecordKind): number {
    const list = this.#list(kind);
    const { count } = list;
    const id = list.intern();
    if (id > count) this.#size += fieldSize(1 + varintLength(id) + list.end(id) - list.start(id));
    return id;
  }

  /** The number of a set of labels of `labels`; their order means nothing. */
  labelSet(labels: number[]): number {
    sortFew(labels);
    for (let at = 0; at < labels.length; at += 1) this.#labelSets.writer.number(labels[at] as number);
    const { count } = this.#labelSets;
    const id = this.#labelSets.intern();
    if (id > count) {
      this.#labelSetLengths.length = count;
      let length = 0;
      for (const label of labels) length += fieldSize(this.labels.end(label) - this.labels.start(label));
      this.#labelSetLengths.push(length);
    }
    return id;
  }

  /** Adds the values, two int32 each, to the sample whose location ids were written to `samples`. */
  endSample(labelSet: number, values: Int32Array): void {
    const { samples } = this;
    const { count } = samples;
    samples.writer.number(labelSet);
    const id = samples.intern();
    if (id > count) {
      this.#sampleLabelSets.push(labelSet);
      this.#values.pushZeros(this.#width * 2);
      this.#valueLengths.push(0);
    } else this.#size -= fieldSize(this.#sampleLength(id));
    this.#add(id, values);
    this.#size += fieldSize(this.#sampleLength(id));
    this.#lastSample = id;
  }

  /** All fields of the profile that are no list of records. */
  setHeader(header: Uint8Array): void {
    this.#size += header.length - this.#header.length;
    this.#header = header;
  }

  /** Remembers how far it has come. */
  mark(): void {
    for (let list = 0; list < this.#lists.length; list += 1) this.#mark[list] = (this.#lists[list] as RecordInterner).count;
    this.#markSize = this.#size;
  }

  /** Takes back the one sample that was added since the mark, with these values. Nothing more may be added before the next profile. */
  backToMark(values: Int32Array): void {
    this.#add(this.#lastSample, negated(values));
    for (const [at, list] of this.#lists.entries()) list.truncate(this.#mark[at] as number);
    this.#size = this.#markSize;
  }

  /** The profile, in bytes of its own. */
  finish(): Uint8Array {
    const out = new WireWriter(this.#size);
    out.raw(this.#header);
    for (let id = 1; id <= this.samples.count; id += 1) this.#writeSample(out, id);
    this.#writeIdentified(out, profileField.mapping, this.mappings);
    this.#writeIdentified(out, profileField.location, this.locations);
    this.#writeIdentified(out, profileField.function, this.functions);
    const { strings } = this;
    for (let id = 1; id <= strings.count; id += 1) {
      const start = strings.start(id);
      out
        .tag(profileField.stringTable, wireType.bytes)
        .number(strings.end(id) - start)
        .raw(strings.writer.buffer, start, strings.end(id));
    }
    return out.view();
  }

  #list(kind: RecordKind): RecordInterner {
    if (kind === "location") return this.locations;
    return kind === "function" ? this.functions : this.mappings;
  }

  #add(id: number, added: Int32Array): void {
    const values = this.#values.items;
    const start = (id - 1) * this.#width * 2;
    let length = 0;
    for (let at = 0; at < this.#width * 2; at += 2) {
      const low = ((values[start + at] as number) >>> 0) + ((added[at] as number) >>> 0);
      const high = (values[start + at + 1] as number) + (added[at + 1] as number) + (low > 0xffff_ffff ? 1 : 0);
      values[start + at] = low;
      values[start + at + 1] = high;
      length += varintLength(low | 0, high | 0);
    }
    this.#valueLengths.items[id - 1] = length;
  }

  #sampleLength(id: number): number {
    const labelSet = this.#sampleLabelSets.items[id - 1] as number;
    const ids = this.samples.end(id) - this.samples.start(id) - varintLength(labelSet);
    const labels = this.#labelSetLengths.items[labelSet - 1] as number;
    return (ids === 0 ? 0 : fieldSize(ids)) + fieldSize(this.#valueLengths.items[id - 1] as number) + labels;
  }

  #writeSample(out: WireWriter, id: number): void {
    const { samples } = this;
    const labelSet = this.#sampleLabelSets.items[id - 1] as number;
    const start = samples.start(id);
    const end = samples.end(id) - varintLength(labelSet);
    out.tag(profileField.sample, wireType.bytes).number(this.#sampleLength(id));
    if (end > start)
      out
        .tag(sampleField.locationId, wireType.bytes)
        .number(end - start)
        .raw(samples.writer.buffer, start, end);
    out.tag(sampleField.value, wireType.bytes).number(this.#valueLengths.items[id - 1] as number);
    const values = this.#values.items;
    const valuesEnd = id * this.#width * 2;
    for (let at = valuesEnd - this.#width * 2; at < valuesEnd; at += 2) out.varint(values[at] as number, values[at + 1] as number);
    if ((this.#labelSetLengths.items[labelSet - 1] as number) > 0) this.#writeLabels(out, labelSet);
  }

  #writeLabels(out: WireWriter, labelSet: number): void {
    const { labels } = this;
    const reader = new WireReader(this.#labelSets.writer.buffer, this.#labelSets.start(labelSet), this.#labelSets.end(labelSet));
    while (reader.position < reader.end) {
      const label = reader.number();
      out
        .tag(sampleField.label, wireType.bytes)
        .number(labels.end(label) - labels.start(label))
        .raw(labels.writer.buffer, labels.start(label), labels.end(label));
    }
  }

  #writeIdentified(out: WireWriter, field: number, list: RecordInterner): void {
    for (let id = 1; id <= list.count; id += 1) {
      const start = list.start(id);
      out
        .tag(field, wireType.bytes)
        .number(1 + varintLength(id) + list.end(id) - start)
        .tag(1, wireType.varint)
        .number(id)
        .raw(list.writer.buffer, start, list.end(id));
    }
  }
}

/** A field of wire type 2, number below 16, with so many bytes of content. */
function fieldSize(content: number): number {
  return 1 + varintLength(content) + content;
}

function negated(values: Int32Array): Int32Array {
  return values.map((half, at) => (at % 2 === 0 ? -half : ~half + (values[at - 1] === 0 ? 1 : 0)));
}

/** Sorts numbers in place. Samples have a handful of labels, for which `sort` costs more than all else. */
function sortFew(numbers: number[]): void {
  if (numbers.length > 16) numbers.sort((a, b) => a - b);
  else
    for (let from = 1; from < numbers.length; from += 1) {
      const number = numbers[from] as number;
      let to = from;
      for (; to > 0 && (numbers[to - 1] as number) > number; to -= 1) numbers[to] = numbers[to - 1] as number;
      numbers[to] = number;
    }
}
