import { WireReader } from "@flameline/profile";
import { textFromBytes } from "@flameline/syntax";

const magic = Buffer.from("k8s\0");

/** Whether an answer is in Kubernetes' binary form: `k8s\0`, then a `runtime.Unknown`. */
export function isProtobuf(body: Uint8Array): boolean {
  return magic.equals(body.subarray(0, magic.length));
}

/** Calls `take` with the fields of the object in an answer that {@link isProtobuf}. Throws when it cannot be read. */
export function eachObjectField(body: Uint8Array, take: (field: number, content: WireReader) => void): void {
  eachField(new WireReader(body, magic.length), (field, object) => {
    // `raw` of `runtime.Unknown`
    if (field === 2) eachField(object, take);
  });
}

/** Calls `take` with each field of a message that is text, bytes or a message, and a reader of its content. */
export function eachField(reader: WireReader, take: (field: number, content: WireReader) => void): void {
  while (reader.position < reader.end) {
    const tag = reader.tag();
    if (tag % 8 !== 2) {
      reader.skip(tag % 8);
      continue;
    }
    const end = reader.enter();
    take(Math.floor(tag / 8), new WireReader(reader.bytes, reader.position, end));
    reader.position = end;
  }
}

export function textOf({ bytes, position, end }: WireReader): string {
  return textFromBytes(bytes.subarray(position, end));
}
