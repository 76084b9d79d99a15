import { WireReader, wireType } from "@flameline/profile";
import { JsonRecord } from "../../discovery/json-record.ts";

/** What a field of a binary message holds: `map` is one of texts by name, a shape in brackets a list of messages. */
export type FieldShape = "text" | "number" | "bool" | "map" | MessageShape | readonly [MessageShape];

/** The fields of a binary message that are read, by number, with the names that they have in JSON. All others are passed over. */
export interface MessageShape {
  readonly [field: number]: readonly [name: string, holds: FieldShape];
}

/** The same object as its JSON would give, with only the fields of the shape. Throws for what is no such message. */
export function readMessage(bytes: Buffer, shape: MessageShape): JsonRecord {
  return JsonRecord.of(readFields(bytes, new WireReader(bytes), bytes.length, shape));
}

function readFields(bytes: Buffer, reader: WireReader, end: number, shape: MessageShape): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  while (reader.position < end) {
    const tag = reader.tag();
    const type = tag % 8;
    const field = shape[(tag - type) / 8];
    if (field === undefined) {
      reader.skip(type);
      continue;
    }
    const [name, holds] = field;
    if (type === wireType.bytes) readContent(bytes, reader, members, name, holds);
    else if (type === wireType.varint) {
      reader.varint();
      // Numbers of ports and the like, and bools: none of them has more than 32 bits.
      members[name] = holds === "bool" ? reader.lo !== 0 : reader.lo;
    } else reader.skip(type);
  }
  reader.leave(end);
  return members;
}

function readContent(bytes: Buffer, reader: WireReader, members: Record<string, unknown>, name: string, holds: FieldShape): void {
  const end = reader.enter();
  if (holds === "text") members[name] = bytes.toString("utf8", reader.position, end);
  else if (holds === "map") {
    const { key, value } = readFields(bytes, reader, end, mapEntry) as { readonly key?: string; readonly value?: string };
    const entries = (members[name] ??= Object.create(null)) as Record<string, unknown>;
    entries[key ?? ""] = value ?? "";
  } else if (isList(holds)) ((members[name] ??= []) as unknown[]).push(readFields(bytes, reader, end, holds[0]));
  else if (typeof holds === "object") members[name] = readFields(bytes, reader, end, holds);
  reader.position = end;
}

const mapEntry: MessageShape = { 1: ["key", "text"], 2: ["value", "text"] };

function isList(holds: FieldShape): holds is readonly [MessageShape] {
  return Array.isArray(holds);
}
