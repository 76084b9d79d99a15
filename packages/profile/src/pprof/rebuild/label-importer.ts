import { textOfBytes } from "../../text/bytes.ts";
import { varintTag, WireReader, wireType } from "../../wire/wire-reader.ts";
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

/** Takes the labels of samples over into a builder, each label once. */
export class LabelImporter {
  readonly #index: ProfileIndex;
  readonly #frames: FrameImporter;
  readonly #builder: ProfileBuilder;
  #edit: LabelEdit | undefined;
  /** Labels as they stand in the profile; what each has become in the builder and its role, 0: not known yet; and how an edit sees it. */
  readonly #labels = new RecordInterner();
  readonly #ids = new Int32List();
  readonly #roles = new Int32List();
  readonly #views: SampleLabel[] = [];
  /** Labels of the present sample that stay. */
  readonly #kept = new Int32List();
  /** Sets of labels that an edit sees, as lists of labels above, and what it made of each. */
  readonly #seen = new RecordInterner();
  readonly #results: (readonly SampleLabel[] | undefined)[] = [];
  readonly #texts = new Map<number, string>();
  readonly #rolesByName = new Map<number, number>();

  constructor(index: ProfileIndex, frames: FrameImporter, builder: ProfileBuilder) {
    this.#index = index;
    this.#frames = frames;
    this.#builder = builder;
  }

  /** Begins with the profile that the index holds now. */
  begin(edit: LabelEdit | undefined): void {
    this.#edit = edit;
    this.#labels.begin();
    this.#seen.begin();
    for (const list of [this.#ids, this.#roles, this.#kept]) list.clear();
    this.#views.length = 0;
    this.#results.length = 0;
    this.#texts.clear();
    this.#rolesByName.clear();
  }

  /** Goes on with the builder empty. */
  beginPart(): void {
    this.#ids.fillZero(this.#ids.length);
  }

  /** Adds a label, the content of which is given, to those of the present sample. */
  add(start: number, end: number): void {
    this.#labels.writer.raw(this.#index.reader.bytes, start, end);
    const label = this.#labels.intern();
    if (label > this.#ids.length) {
      this.#ids.push(0);
      this.#roles.push(this.#edit === undefined ? roleNumbers.kept : this.#roleOf(label, this.#edit));
    }
    const role = this.#roles.items[label - 1] as number;
    if (role === roleNumbers.kept) this.#kept.push(label);
    else if (role === roleNumbers.seen) this.#seen.writer.number(label);
  }

  /** The builder's number for the labels of the present sample, or {@link dropped}. The next sample may begin. */
  endSample(): number {
    const made = this.#edit === undefined ? noLabels : this.#edited(this.#edit);
    const kept = this.#kept;
    const { length } = kept;
    kept.clear();
    if (made === undefined) return dropped;
    const ids: number[] = [];
    for (let at = 0; at < length; at += 1) ids.push(this.#id(kept.items[at] as number));
    for (const label of made) ids.push(label.source === undefined ? this.#made(label) : this.#id(label.source));
    return this.#builder.labelSet(ids);
  }

  #edited(edit: LabelEdit): readonly SampleLabel[] | undefined {
    const { count } = this.#seen;
    const set = this.#seen.intern();
    if (set > count) this.#results[set] = edit.edit(this.#labelsOf(set));
    return this.#results[set];
  }

  #labelsOf(set: number): readonly SampleLabel[] {
    const reader = new WireReader(this.#seen.writer.buffer, this.#seen.start(set), this.#seen.end(set));
    const labels: SampleLabel[] = [];
    while (reader.position < reader.end) labels.push(this.#view(reader.number()));
    return labels;
  }

  #roleOf(label: number, edit: LabelEdit): number {
    const { name, text } = this.#parse(label);
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
    const { name, text, unit, low, high } = this.#parse(label);
    const id = this.#write(this.#frames.string(name), this.#frames.string(text), low, high, this.#frames.string(unit));
    this.#ids.items[label - 1] = id;
    return id;
  }

  #made({ name, text = "" }: SampleLabel): number {
    return this.#write(this.#builder.string(name), this.#builder.string(text), 0, 0, 0);
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
    const { name, text } = this.#parse(label);
    return { name: this.#text(name), text: text === 0 ? undefined : this.#text(text), source: label };
  }

  /** Name, text and unit are indexes of the profile's string table. */
  #parse(label: number): { name: number; text: number; unit: number; low: number; high: number } {
    const entry = { name: 0, text: 0, unit: 0, low: 0, high: 0 };
    const reader = new WireReader(this.#labels.writer.buffer, this.#labels.start(label), this.#labels.end(label));
    while (reader.position < reader.end) {
      const tag = reader.tag();
      if (tag === varintTag(labelField.key)) entry.name = reader.number();
      else if (tag === varintTag(labelField.str)) entry.text = reader.number();
      else if (tag === varintTag(labelField.numUnit)) entry.unit = reader.number();
      else {
        reader.skip(tag & 7);
        if (tag === varintTag(labelField.num)) [entry.low, entry.high] = [reader.lo, reader.hi];
      }
    }
    return entry;
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

const noLabels: readonly SampleLabel[] = [];
