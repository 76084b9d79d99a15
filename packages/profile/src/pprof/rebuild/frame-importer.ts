import { bytesTag, malformed, varintTag, wireType } from "../../wire/wire-reader.ts";
import { varintLength, type WireWriter } from "../../wire/wire-writer.ts";
import { Int32List } from "../delta/int32-list.ts";
import type { ProfileIndex } from "../delta/profile-index.ts";
import { functionField, lineField, locationField, mappingField } from "../fields.ts";
import type { ProfileBuilder } from "./profile-builder.ts";

/** Other bytes for a text, undefined when it may stay. */
export type TextEdit = (bytes: Uint8Array) => Uint8Array | undefined;

/** Takes what samples refer to over into a builder, each record when it is asked for first. Moves the cursor of the index. */
export class FrameImporter {
  readonly #index: ProfileIndex;
  readonly #builder: ProfileBuilder;
  /** What each text has become in the builder, + 1; for other records the id. 0: nothing yet. */
  readonly #strings = new Int32List();
  readonly #locations = new Int32List();
  readonly #functions = new Int32List();
  readonly #mappings = new Int32List();
  #textEdit: TextEdit | undefined;
  #isIdless = false;

  constructor(index: ProfileIndex, builder: ProfileBuilder) {
    this.#index = index;
    this.#builder = builder;
  }

  /** Begins with the profile that the index holds now. */
  begin(textEdit: TextEdit | undefined): void {
    this.#textEdit = textEdit;
    this.#isIdless = hasIdlessFunctions(this.#index);
    this.beginPart();
  }

  /** Goes on with the builder empty. */
  beginPart(): void {
    const { strings, locations, functions, mappings } = this.#index;
    this.#strings.fillZero(strings.length);
    this.#locations.fillZero(locations.length);
    this.#functions.fillZero(functions.length);
    this.#mappings.fillZero(mappings.length);
  }

  /** The builder's index of a text. */
  string(index: number): number {
    // Whatever stands there: an index of 0 means that there is no text.
    if (index === 0) return 0;
    const { strings, reader } = this.#index;
    this.#index.checkString(index);
    const known = this.#strings.items[index] as number;
    if (known > 0) return known - 1;
    const start = strings.starts.items[index] as number;
    const end = strings.ends.items[index] as number;
    const edited = this.#textEdit?.(reader.bytes.subarray(start, end));
    const { writer } = this.#builder.strings;
    if (edited === undefined) writer.raw(reader.bytes, start, end);
    else writer.raw(edited);
    const result = this.#builder.endString();
    this.#strings.items[index] = result + 1;
    return result;
  }

  /** Reads location ids up to `end` and writes the builder's instead. */
  stack(end: number, out: WireWriter): void {
    const { reader, locationById } = this.#index;
    const ids = this.#locations.items;
    while (reader.position < end) {
      reader.varint();
      const at = locationById.get(reader.lo, reader.hi);
      if (at < 0) throw malformed("invalid location index");
      const known = ids[at] as number;
      out.number(known > 0 ? known : this.#importLocation(at));
    }
    reader.leave(end);
  }

  #importLocation(at: number): number {
    const { locations, locationMappings, addresses, reader } = this.#index;
    const position = reader.position;
    const { writer } = this.#builder.locations;
    const mapping = locationMappings.items[at] as number;
    if (mapping >= 0) writer.numberField(locationField.mappingId, this.#mapping(mapping));
    varintField(writer, locationField.address, addresses.items[at * 2] as number, addresses.items[at * 2 + 1] as number);
    const end = locations.ends.items[at] as number;
    this.#index.open(locations, at);
    while (reader.position < end) {
      const start = reader.position;
      const tag = reader.tag();
      if (tag === bytesTag(locationField.line)) this.#line(writer, reader.enter(), this.#isIdless ? at : -1);
      else {
        reader.skip(tag & 7);
        if (tag >>> 3 > locationField.line) writer.raw(reader.bytes, start, reader.position);
      }
    }
    reader.leave(end);
    reader.position = position;
    const id = this.#builder.endRecord("location");
    this.#locations.items[at] = id;
    return id;
  }

  /** `usual` is the place of the function when the line names none. */
  #line(writer: WireWriter, end: number, usual: number): void {
    const { reader, functionById } = this.#index;
    let [functionIndex, lineLow, lineHigh, columnLow, columnHigh] = [usual, 0, 0, 0, 0];
    while (reader.position < end) {
      const tag = reader.tag();
      reader.skip(tag & 7);
      if (tag === varintTag(lineField.functionId)) functionIndex = Math.max(usual, functionById.get(reader.lo, reader.hi));
      else if (tag === varintTag(lineField.line)) [lineLow, lineHigh] = [reader.lo, reader.hi];
      else if (tag === varintTag(lineField.column)) [columnLow, columnHigh] = [reader.lo, reader.hi];
    }
    reader.leave(end);
    const id = functionIndex < 0 ? 0 : this.#function(functionIndex);
    reader.position = end;
    const length = varintFieldSize(id, 0) + varintFieldSize(lineLow, lineHigh) + varintFieldSize(columnLow, columnHigh);
    writer.tag(locationField.line, wireType.bytes).number(length);
    varintField(writer, lineField.functionId, id, 0);
    varintField(writer, lineField.line, lineLow, lineHigh);
    varintField(writer, lineField.column, columnLow, columnHigh);
  }

  #function(at: number): number {
    const known = this.#functions.items[at] as number;
    if (known > 0) return known;
    const { functions } = this.#index;
    const reader = this.#index.open(functions, at);
    const end = functions.ends.items[at] as number;
    let [name, systemName, file, lineLow, lineHigh] = [0, 0, 0, 0, 0];
    while (reader.position < end) {
      const tag = reader.tag();
      if (tag === varintTag(functionField.name)) name = reader.number();
      else if (tag === varintTag(functionField.systemName)) systemName = reader.number();
      else if (tag === varintTag(functionField.filename)) file = reader.number();
      else {
        reader.skip(tag & 7);
        if (tag === varintTag(functionField.startLine)) [lineLow, lineHigh] = [reader.lo, reader.hi];
      }
    }
    reader.leave(end);
    const { writer } = this.#builder.functions;
    writer.numberField(functionField.name, this.string(name)).numberField(functionField.systemName, this.string(systemName));
    writer.numberField(functionField.filename, this.string(file));
    varintField(writer, functionField.startLine, lineLow, lineHigh);
    const id = this.#builder.endRecord("function");
    this.#functions.items[at] = id;
    return id;
  }

  /** Ranges, offsets and flags stay as they are. */
  #mapping(at: number): number {
    const known = this.#mappings.items[at] as number;
    if (known > 0) return known;
    const { mappings } = this.#index;
    const reader = this.#index.open(mappings, at);
    const end = mappings.ends.items[at] as number;
    const { writer } = this.#builder.mappings;
    let [file, buildId] = [0, 0];
    while (reader.position < end) {
      const start = reader.position;
      const tag = reader.tag();
      if (tag === varintTag(mappingField.filename)) file = reader.number();
      else if (tag === varintTag(mappingField.buildId)) buildId = reader.number();
      else {
        reader.skip(tag & 7);
        if (tag !== varintTag(mappingField.id)) writer.raw(reader.bytes, start, reader.position);
      }
    }
    reader.leave(end);
    writer.numberField(mappingField.filename, this.string(file)).numberField(mappingField.buildId, this.string(buildId));
    const id = this.#builder.endRecord("mapping");
    this.#mappings.items[at] = id;
    return id;
  }
}

/** .NET's profiler gives functions no ids, and as many of them as locations, in the same order. Servers know that, too. */
export function hasIdlessFunctions({ functions, functionById, locations }: ProfileIndex): boolean {
  return functions.length > 0 && functionById.isEmpty && functions.length === locations.length;
}

function varintField(writer: WireWriter, field: number, low: number, high: number): void {
  if ((low | high) !== 0) writer.tag(field, wireType.varint).varint(low, high);
}

/** Bytes that {@link varintField} writes. */
function varintFieldSize(low: number, high: number): number {
  return (low | high) === 0 ? 0 : 1 + varintLength(low, high);
}
