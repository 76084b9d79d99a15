import { ProfileDataError } from "../../profile-data-error.ts";
import { varintTag, type WireReader, wireType } from "../../wire/wire-reader.ts";
import { WireWriter } from "../../wire/wire-writer.ts";
import type { ProfileIndex } from "../delta/profile-index.ts";
import { profileField, valueTypeField } from "../fields.ts";
import type { FrameImporter } from "./frame-importer.ts";

/** Comments of a profile that are read; a profile has a handful. */
const maxComments = 1000;

/** All of a profile that is no list of records. Texts are indexes of the string table of the builder that the header was read for. */
export interface ProfileHeader {
  readonly sampleTypes: readonly ValueTypeIndexes[];
  readonly periodType: ValueTypeIndexes | undefined;
  readonly period: bigint;
  readonly timeNanos: bigint;
  readonly durationNanos: bigint;
  readonly comments: readonly number[];
  /** Other fields that are texts, by their number. */
  readonly texts: ReadonlyMap<number, number>;
}

export interface ValueTypeIndexes {
  readonly type: number;
  readonly unit: number;
}

const textFields: ReadonlySet<number> = new Set([
  profileField.dropFrames,
  profileField.keepFrames,
  profileField.defaultSampleType,
  profileField.docUrl,
]);

/** Reads the header of the profile that the index holds, and takes its texts over. @throws ProfileDataError */
export function readHeader(index: ProfileIndex, frames: FrameImporter): ProfileHeader {
  const { others, otherFields } = index;
  const sampleTypes: ValueTypeIndexes[] = [];
  const comments: number[] = [];
  const texts = new Map<number, number>();
  const numbers = new Map<number, bigint>();
  let periodType: ValueTypeIndexes | undefined;
  for (const [at, field] of otherFields.entries()) {
    const reader = index.open(others, at);
    const tag = reader.tag();
    if (field === profileField.comment) readComments(reader, tag, others.ends.items[at] as number, comments);
    else if ((tag & 7) === wireType.bytes) {
      if (field === profileField.sampleType) sampleTypes.push(readValueType(reader, frames));
      else if (field === profileField.periodType) periodType = readValueType(reader, frames);
    } else if (textFields.has(field) && tag === varintTag(field)) texts.set(field, frames.string(reader.number()));
    else if (tag === varintTag(field)) {
      reader.varint();
      numbers.set(field, BigInt.asIntN(64, (BigInt(reader.hi) << 32n) | BigInt(reader.lo >>> 0)));
    }
  }
  return {
    sampleTypes,
    periodType,
    period: numbers.get(profileField.period) ?? 0n,
    timeNanos: numbers.get(profileField.timeNanos) ?? 0n,
    durationNanos: numbers.get(profileField.durationNanos) ?? 0n,
    comments: comments.map((comment) => frames.string(comment)),
    texts,
  };
}

export function writeHeader(header: ProfileHeader): Uint8Array {
  const writer = new WireWriter(256);
  for (const type of header.sampleTypes) writeValueType(writer, profileField.sampleType, type);
  writer.bigintField(profileField.timeNanos, header.timeNanos).bigintField(profileField.durationNanos, header.durationNanos);
  if (header.periodType !== undefined) writeValueType(writer, profileField.periodType, header.periodType);
  writer.bigintField(profileField.period, header.period);
  for (const comment of header.comments) writer.tag(profileField.comment, wireType.varint).number(comment);
  for (const [field, text] of header.texts) writer.numberField(field, text);
  return writer.finish();
}

function readComments(reader: WireReader, tag: number, end: number, comments: number[]): void {
  if ((tag & 7) === wireType.bytes) reader.enter();
  while (reader.position < end) {
    if (comments.length === maxComments) throw new ProfileDataError("too_large", `profile has more than ${maxComments} comments`);
    comments.push(reader.number());
  }
}

function readValueType(reader: WireReader, frames: FrameImporter): ValueTypeIndexes {
  const end = reader.enter();
  let [type, unit] = [0, 0];
  while (reader.position < end) {
    const tag = reader.tag();
    if (tag === varintTag(valueTypeField.type)) type = reader.number();
    else if (tag === varintTag(valueTypeField.unit)) unit = reader.number();
    else reader.skip(tag & 7);
  }
  reader.leave(end);
  return { type: frames.string(type), unit: frames.string(unit) };
}

function writeValueType(writer: WireWriter, field: number, { type, unit }: ValueTypeIndexes): void {
  writer.messageField(field, () => writer.numberField(valueTypeField.type, type).numberField(valueTypeField.unit, unit));
}
