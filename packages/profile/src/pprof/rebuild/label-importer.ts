import { ProfileDataError } from "../../profile-data-error.ts";
import { textOfBytes } from "../../text/bytes.ts";
import { malformed, varintTag, WireReader, wireType } from "../../wire/wire-reader.ts";
import { Int32List } from "../delta/int32-list.ts";
import type { ProfileIndex } from "../delta/profile-index.ts";
import { labelField } from "../fields.ts";
import type { FrameImporter } from "./frame-importer.ts";
import type { ProfileBuilder } from "./profile-builder.ts";
import { RecordInterner } from "./record-interner.ts";
import type { LabelEdit, LabelRole, SampleLabel } from "./sample-labels.ts";

/** In the place of a label set: the sample is dropped. */
export const dropped = -1;

const roleNumbers: Readonly<Record<LabelRole, number>> = { seen: 1, kept: 2, dropped: 3 };

/** Labels of a sample that an edit sees; real samples have a handful, and working on sets takes time that grows faster than they. */
const maxSeenLabels = 1000;

/** Takes the labels of samples over into a builder, each label once. */
export class LabelImporter {
  readonly #index: ProfileIndex;
  readonly #frames: FrameImporter;
  readonly #builder: ProfileBuilder;
  #edit: LabelEdit | undefined;
  #changed = false;
  /** Labels as they stand in the profile; what each has become in the builder and its role, 0: not known yet; and how an edit sees it. */
  readonly #labels = new RecordInterner();
  readonly #ids = new Int32List();
  /** Of each label the indexes of name, text and unit in the profile's table of texts, and the halves of the number. */
  readonly #fields = new Int32List();
  readonly #roles = new Int32List();
  readonly #views: SampleLabel[] = [];
  /** Labels of the present sample that stay. */
  readonly #kept = new Int32List();
  /** Sets of labels that an edit sees, as lists of labels above, and what it made of each. */
  readonly #seen = new RecordInterner();
  readonly #results: (readonly SampleLabel[] | undefined)[] = [];
  readonly #texts = new Map<number, string>();
  readonly #rolesByName = new Map<number, number>();
  /** What labels that an edit made up have become in the builder. */
  readonly #madeIds = new Map<SampleLabel, number>();
  /** Of the present sample. */
  readonly #sampleIds: number[] = [];

  constructor(index: ProfileIndex, frames: FrameImporter, builder: ProfileBuilder) {
    this.#index = index;
    this.#frames = frames;
    this.#builder = builder;
  }

  /** Whether the edit has changed any labels or dropped any sample of the profile so far. */
  get changed(): boolean {
    return this.#changed;
  }

  /** Begins with the profile that the index holds now. */
  begin(edit: LabelEdit | undefined): void {
    this.#edit = edit;
    this.#changed = false;
    this.#labels.begin();
    this.#seen.begin();
    for (const list of [this.#ids, this.#fields, this.#roles, this.#kept]) list.clear();
    this.#views.length = 0;
    this.#results.length = 0;
    this.#texts.clear();
    this.#rolesByName.clear();
    this.#madeIds.clear();
  }

  /** Goes on with the builder empty. */
  beginPart(): void {
    this.#ids.fillZero(this.#ids.length);
    this.#madeIds.clear();
  }

  /** Adds a label, the content of which is given, to those of the present sample. */
  add(start: number, end: number): void {
    this.#labels.writer.raw(this.#index.reader.bytes, start, end);
    const label = this.#labels.intern();
    if (label > this.#ids.length) {
      this.#ids.push(0);
      this.#readFields(start, end);
      this.#roles.push(this.#edit === undefined ? roleNumbers.kept : this.#roleOf(label, this.#edit));
    }
    const role = this.#roles.items[label - 1] as number;
    if (role === roleNumbers.kept) this.#kept.push(label);
    else if (role === roleNumbers.seen) this.#seen.writer.number(label);
    else this.#changed = true;
  }

  /** The builder's number for the labels of the present sample, or {@link dropped}. The next sample may begin. */
  endSample(): number {
    const made = this.#edit === undefined ? noLabels : this.#edited(this.#edit);
    const kept = this.#kept;
    const { length } = kept;
    kept.clear();
    if (made === undefined) return dropped;
    const ids = this.#sampleIds;
    ids.length = 0;
    for (let at = 0; at < length; at += 1) ids.push(this.#id(kept.items[at] as number));
    for (const label of made) ids.push(label.source === undefined ? this.#made(label) : this.#id(label.source));
    return this.#builder.labelSet(ids);
  }

  #edited(edit: LabelEdit): readonly SampleLabel[] | undefined {
    const { count } = this.#seen;
    const set = this.#seen.intern();
    if (set > count) {
      const labels = this.#labelsOf(set);
      const result = edit.edit(labels);
      this.#results[set] = result;
      this.#changed ||= result === undefined || result.length !== labels.length || result.some(({ source }) => source === undefined);
    }
    return this.#results[set];
  }

  #labelsOf(set: number): readonly SampleLabel[] {
    const reader = new WireReader(this.#seen.writer.buffer, this.#seen.start(set), this.#seen.end(set));
    const labels: SampleLabel[] = [];
    while (reader.position < reader.end) {
      if (labels.length === maxSeenLabels) throw new ProfileDataError("too_large", `sample has more than ${maxSeenLabels} labels`);
      labels.push(this.#view(reader.number()));
    }
    return labels;
  }

  #roleOf(label: number, edit: LabelEdit): number {
    const name = this.#field(label, fieldAt.name);
    const text = this.#field(label, fieldAt.text);
    // One name may have both texts and numbers.
    const key = name * 2 + (text === 0 ? 1 : 0);
    let role = this.#rolesByName.get(key);
    if (role === undefined) {
      role = roleNumbers[edit.roleOf(this.#text(name), text === 0 ? "number" : "text")];
      this.#rolesByName.set(key, role);
    }
    return role;
  }

  /** The builder's id of a label of the profile. */
  #id(label: number): number {
    const known = this.#ids.items[label - 1] as number;
    if (known > 0) return known;
    const name = this.#frames.string(this.#field(label, fieldAt.name));
    const text = this.#frames.string(this.#field(label, fieldAt.text));
    const unit = this.#frames.string(this.#field(label, fieldAt.unit));
    const id = this.#write(name, text, this.#field(label, fieldAt.low), this.#field(label, fieldAt.high), unit);
    this.#ids.items[label - 1] = id;
    return id;
  }

  #made(label: SampleLabel): number {
    let id = this.#madeIds.get(label);
    if (id === undefined) {
      id = this.#write(this.#builder.string(label.name), this.#builder.string(label.text ?? ""), 0, 0, 0);
      this.#madeIds.set(label, id);
    }
    return id;
  }

  #write(name: number, text: number, low: number, high: number, unit: number): number {
    const { writer } = this.#builder.labels;
    writer.numberField(labelField.key, name).numberField(labelField.str, text);
    if ((low | high) !== 0) writer.tag(labelField.num, wireType.varint).varint(low, high);
    writer.numberField(labelField.numUnit, unit);
    return this.#builder.labels.intern();
  }

  #view(label: number): SampleLabel {
    return (this.#views[label] ??= this.#createView(label));
  }

  #createView(label: number): SampleLabel {
    const name = this.#field(label, fieldAt.name);
    const text = this.#field(label, fieldAt.text);
    return { name: this.#text(name), text: text === 0 ? undefined : this.#text(text), source: label };
  }

  #field(label: number, at: number): number {
    return this.#fields.items[(label - 1) * fieldCount + at] as number;
  }

  /** Reads the content of a label. Moves the cursor. */
  #readFields(start: number, end: number): void {
    const { reader } = this.#index;
    const at = this.#fields.length;
    this.#fields.pushZeros(fieldCount);
    const fields = this.#fields.items;
    reader.position = start;
    while (reader.position < end) {
      const tag = reader.tag();
      if (tag === varintTag(labelField.key)) fields[at + fieldAt.name] = stringIndex(reader);
      else if (tag === varintTag(labelField.str)) fields[at + fieldAt.text] = stringIndex(reader);
      else if (tag === varintTag(labelField.numUnit)) fields[at + fieldAt.unit] = stringIndex(reader);
      else {
        reader.skip(tag & 7);
        if (tag !== varintTag(labelField.num)) continue;
        fields[at + fieldAt.low] = reader.lo;
        fields[at + fieldAt.high] = reader.hi;
      }
    }
    reader.leave(end);
  }

  #text(index: number): string {
    let text = this.#texts.get(index);
    if (text !== undefined) return text;
    const { strings, reader } = this.#index;
    this.#index.checkString(index);
    text = textOfBytes(reader.bytes.subarray(strings.starts.items[index], strings.ends.items[index]));
    this.#texts.set(index, text);
    return text;
  }
}

/** Where the fields of a label stand in their list. */
const fieldAt = { name: 0, text: 1, unit: 2, low: 3, high: 4 } as const;
const fieldCount = 5;

/** No table of texts has more than fits. */
function stringIndex(reader: WireReader): number {
  const index = reader.number();
  if (index > 0x7fff_ffff) throw malformed(`invalid string index ${index}`);
  return index;
}

const noLabels: readonly SampleLabel[] = [];
