import { ProfileDataError } from "../../profile-data-error.ts";
import { textOfBytes } from "../../text/bytes.ts";
import { bytesTag, malformed, varintTag, WireReader, wireType } from "../../wire/wire-reader.ts";
import { functionField, locationField, mappingField, profileField, valueTypeField } from "../fields.ts";
import type { ValueType } from "../profile.ts";
import { IdIndex } from "./id-index.ts";
import { Int32List } from "./int32-list.ts";

/** Where the contents of records of one kind stand. */
export class RecordList {
  readonly starts = new Int32List();
  readonly ends = new Int32List();

  get length(): number {
    return this.starts.length;
  }

  add(start: number, end: number): void {
    this.starts.push(start);
    this.ends.push(end);
  }

  clear(): void {
    this.starts.clear();
    this.ends.clear();
  }
}

/** The longest name of a type or unit. Real ones have some twenty bytes, and all of them may refer to one text of many megabytes. */
const maxTypeNameBytes = 1024;

/**
 * Where everything stands in a profile, found in one pass that decodes no more than ids and addresses. Meant to be used again for profile after profile.
 */
export class ProfileIndex {
  readonly samples = new RecordList();
  readonly strings = new RecordList();
  readonly mappings = new RecordList();
  readonly locations = new RecordList();
  readonly functions = new RecordList();
  /** All other fields, tags included, with their field numbers. */
  readonly others = new RecordList();
  readonly otherFields: number[] = [];

  readonly mappingById = new IdIndex();
  readonly locationById = new IdIndex();
  readonly functionById = new IdIndex();
  /** Low and high half of the address of each location, and the index of its mapping or -1. */
  readonly addresses = new Int32List();
  readonly locationMappings = new Int32List();

  timeNanos: bigint | undefined;
  /** Cursor over the present profile. */
  reader = new WireReader(new Uint8Array());
  readonly #sampleTypes = new RecordList();
  readonly #mappingIds = new Int32List();

  /** @throws ProfileDataError */
  read(profile: Uint8Array, maxRecords: number): void {
    this.#clear();
    const reader = new WireReader(profile);
    this.reader = reader;
    for (let count = 0; reader.position < reader.end; count += 1) {
      if (count === maxRecords) throw new ProfileDataError("too_large", `profile has more than ${maxRecords} records`);
      this.#record(reader);
    }
    this.#resolveMappings();
  }

  /** The types of a sample's values, in order. @throws ProfileDataError */
  sampleTypes(maxTypes: number): readonly ValueType[] {
    if (this.#sampleTypes.length > maxTypes) throw new ProfileDataError("too_large", `profile has more than ${maxTypes} sample types`);
    return Array.from({ length: this.#sampleTypes.length }, (_, index) => {
      const reader = this.open(this.#sampleTypes, index);
      const end = this.#sampleTypes.ends.items[index] ?? 0;
      const indexes: Record<number, number> = {};
      while (reader.position < end) {
        const tag = reader.tag();
        if ((tag & 7) === wireType.varint) indexes[tag >>> 3] = reader.number();
        else reader.skip(tag & 7);
      }
      return { type: this.#typeName(indexes[valueTypeField.type] ?? 0), unit: this.#typeName(indexes[valueTypeField.unit] ?? 0) };
    });
  }

  /** The text of the string table at an index. */
  #typeName(index: number): string {
    this.checkString(index);
    const bytes = this.reader.bytes.subarray(this.strings.starts.items[index], this.strings.ends.items[index]);
    if (bytes.length <= maxTypeNameBytes) return textOfBytes(bytes);
    throw new ProfileDataError("too_large", `name of a sample type has more than ${maxTypeNameBytes} bytes`);
  }

  checkString(index: number): void {
    if (index >= this.strings.length) throw malformed(`invalid string index ${index}`);
  }

  /** The cursor, at the content of a record. */
  open(records: RecordList, index: number): WireReader {
    this.reader.position = records.starts.items[index] as number;
    return this.reader;
  }

  /** Lets go of the profile's bytes. */
  release(): void {
    this.reader = new WireReader(new Uint8Array());
  }

  #clear(): void {
    for (const list of [this.samples, this.strings, this.mappings, this.locations, this.functions, this.others, this.#sampleTypes])
      list.clear();
    for (const ids of [this.mappingById, this.locationById, this.functionById]) ids.clear();
    for (const list of [this.addresses, this.locationMappings, this.#mappingIds]) list.clear();
    this.otherFields.length = 0;
    this.timeNanos = undefined;
  }

  #record(reader: WireReader): void {
    const start = reader.position;
    const tag = reader.tag();
    switch (tag) {
      case bytesTag(profileField.sample):
        this.#add(this.samples, reader);
        return;
      case bytesTag(profileField.stringTable):
        this.#add(this.strings, reader);
        return;
      case bytesTag(profileField.location):
        this.#location(reader);
        return;
      case bytesTag(profileField.function):
        this.#identified(this.functions, this.functionById, functionField.id, reader);
        return;
      case bytesTag(profileField.mapping):
        this.#identified(this.mappings, this.mappingById, mappingField.id, reader);
        return;
      default:
        this.#other(reader, start, tag);
    }
  }

  #add(list: RecordList, reader: WireReader): void {
    const end = reader.enter();
    list.add(reader.position, end);
    reader.position = end;
  }

  /** A record of which only the id is wanted now; it comes first, as a rule. */
  #identified(list: RecordList, ids: IdIndex, idField: number, reader: WireReader): void {
    const end = reader.enter();
    list.add(reader.position, end);
    while (reader.position < end) {
      const tag = reader.tag();
      reader.skip(tag & 7);
      if (tag !== varintTag(idField)) continue;
      ids.set(reader.lo, reader.hi, list.length - 1);
      reader.position = Math.max(reader.position, end);
    }
    reader.leave(end);
  }

  #location(reader: WireReader): void {
    const end = reader.enter();
    this.locations.add(reader.position, end);
    let [addressLo, addressHi, mappingLo, mappingHi] = [0, 0, 0, 0];
    while (reader.position < end) {
      const tag = reader.tag();
      reader.skip(tag & 7);
      if (tag === varintTag(locationField.id)) this.locationById.set(reader.lo, reader.hi, this.locations.length - 1);
      else if (tag === varintTag(locationField.mappingId)) [mappingLo, mappingHi] = [reader.lo, reader.hi];
      else if (tag === varintTag(locationField.address)) [addressLo, addressHi] = [reader.lo, reader.hi];
    }
    reader.leave(end);
    this.addresses.push(addressLo);
    this.addresses.push(addressHi);
    this.#mappingIds.push(mappingLo);
    this.#mappingIds.push(mappingHi);
  }

  /** Mappings may stand behind the locations that refer to them. */
  #resolveMappings(): void {
    const { items, length } = this.#mappingIds;
    for (let at = 0; at < length; at += 2) this.locationMappings.push(this.mappingById.get(items[at] as number, items[at + 1] as number));
  }

  #other(reader: WireReader, start: number, tag: number): void {
    if (tag === bytesTag(profileField.sampleType)) {
      const end = reader.enter();
      this.#sampleTypes.add(reader.position, end);
      reader.position = end;
    } else reader.skip(tag & 7);
    if (tag === varintTag(profileField.timeNanos)) this.timeNanos = BigInt.asIntN(64, (BigInt(reader.hi) << 32n) | BigInt(reader.lo >>> 0));
    this.others.add(start, reader.position);
    this.otherFields.push(tag >>> 3);
  }
}
