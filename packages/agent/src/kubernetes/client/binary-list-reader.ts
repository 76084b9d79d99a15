import { ProfileDataError, WireReader, wireType } from "@flameline/profile";
import type { JsonRecord } from "../../discovery/json-record.ts";
import { KubernetesError } from "./kubernetes-error.ts";
import { type ListFrame, maxObjectBytes, tooLarge } from "./list-reader.ts";
import { type MessageShape, readMessage } from "./message-shape.ts";
import { isProtobuf } from "./protobuf-object.ts";

const magicBytes = 4;
/** Most bytes in front of the content of a field: its tag and its length. */
const longestHead = 15;
const rawField = 2;
const metadataField = 1;
const itemsField = 2;

const listMetadata: MessageShape = { 2: ["resourceVersion", "text"], 3: ["continue", "text"] };

/** A field whose content has come. */
interface Field {
  readonly number: number;
  readonly content: Buffer;
  readonly end: number;
}

/**
 * Reads a list of objects in Kubernetes' binary form while it arrives, as the other reader does with JSON: `k8s\0`, then a `runtime.Unknown`, in it the list
 * as `raw`, in it the objects. Of an object only the fields of its shape are looked at.
 */
export class BinaryListReader {
  readonly #shape: MessageShape;
  readonly #onItem: (item: JsonRecord) => void;
  /** What has come and is not complete yet. */
  #begun: Buffer[] = [];
  #begunBytes = 0;
  /** There is nothing to do before so many bytes are there. */
  #needed = 0;
  #inside: "nothing" | "envelope" | "list" = "nothing";
  /** Bytes of the list that are still to be read. */
  #listLeft = 0;
  #hasList = false;
  #frame: ListFrame = { version: "", next: "" };

  /** `onItem` is called during {@link push}. */
  constructor(shape: MessageShape, onItem: (item: JsonRecord) => void) {
    this.#shape = shape;
    this.#onItem = onItem;
  }

  /** Throws for what is no such list, and for what is too large. */
  push(given: Uint8Array): void {
    let chunk = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    try {
      // Only what was begun is put together; the rest is read where it is.
      while (this.#begunBytes > 0 && chunk.length > 0) {
        const missing = this.#needed > this.#begunBytes ? this.#needed - this.#begunBytes : longestHead;
        const part = chunk.subarray(0, missing);
        chunk = chunk.subarray(part.length);
        if (this.#begunBytes + part.length < this.#needed) this.#keep(part);
        else this.#consume(Buffer.concat([...this.#begun.splice(0), part]));
      }
      if (chunk.length > 0) this.#consume(chunk);
    } catch (error) {
      throw error instanceof ProfileDataError ? unreadable(error.message, error) : error;
    }
  }

  /** Throws when the end of the list has not come. */
  end(): ListFrame {
    if (this.#begunBytes > 0 || this.#inside !== "envelope" || !this.#hasList) throw unreadable("unexpected end of data");
    return this.#frame;
  }

  /** Reads what is complete and keeps the rest. */
  #consume(bytes: Buffer): void {
    this.#begunBytes = 0;
    this.#needed = 0;
    this.#keep(bytes.subarray(this.#read(bytes)));
  }

  /** Returns where what is not complete begins. */
  #read(bytes: Buffer): number {
    let at = 0;
    if (this.#inside === "nothing") {
      this.#needed = magicBytes;
      if (bytes.length < magicBytes) return 0;
      this.#needed = 0;
      if (!isProtobuf(bytes)) throw unreadable("it is not in the binary form");
      this.#inside = "envelope";
      at = magicBytes;
    }
    while (at < bytes.length) {
      const before = at;
      at = this.#inside === "envelope" ? this.#envelope(bytes, at) : this.#list(bytes, at);
      if (at === before) break;
    }
    return at;
  }

  #envelope(bytes: Buffer, at: number): number {
    const entered = this.#enter(bytes, at);
    if (entered === undefined) return at;
    if (entered.number === rawField) {
      this.#hasList = true;
      this.#listLeft = entered.length;
      if (entered.length > 0) this.#inside = "list";
      return entered.from;
    }
    return this.#complete(bytes, at, entered)?.end ?? at;
  }

  #list(bytes: Buffer, at: number): number {
    const entered = this.#enter(bytes, at);
    const field = entered && this.#complete(bytes, at, entered);
    if (field === undefined) return at;
    this.#listLeft -= field.end - at;
    if (this.#listLeft < 0) throw unreadable("an object reaches beyond the list");
    if (this.#listLeft === 0) this.#inside = "envelope";
    if (field.number === itemsField) this.#onItem(readMessage(field.content, this.#shape));
    else if (field.number === metadataField) {
      const metadata = readMessage(field.content, listMetadata);
      this.#frame = { version: metadata.text("resourceVersion"), next: metadata.text("continue") };
    }
    return field.end;
  }

  /** The head of the field that begins at `at`; undefined while it is not complete. */
  #enter(bytes: Buffer, at: number): { readonly number: number; readonly from: number; readonly length: number } | undefined {
    const reader = new WireReader(bytes, at);
    try {
      const tag = reader.tag();
      if (tag % 8 !== wireType.bytes) throw unreadable("a field of another kind than expected");
      const length = reader.number();
      return { number: Math.floor(tag / 8), from: reader.position, length };
    } catch (error) {
      if (error instanceof ProfileDataError && error.code === "truncated") return undefined;
      throw error;
    }
  }

  #complete(
    bytes: Buffer,
    at: number,
    head: { readonly number: number; readonly from: number; readonly length: number },
  ): Field | undefined {
    if (head.length > maxObjectBytes) throw tooLarge();
    const end = head.from + head.length;
    if (end <= bytes.length) return { number: head.number, content: bytes.subarray(head.from, end), end };
    this.#needed = end - at;
    return undefined;
  }

  /** Chunks are the connection's: what is kept is copied. */
  #keep(part: Buffer): void {
    if (part.length === 0) return;
    this.#begun.push(Buffer.from(part));
    this.#begunBytes += part.length;
  }
}

function unreadable(reason: string, cause?: unknown): KubernetesError {
  return new KubernetesError(0, `the list cannot be read: ${reason}`, { cause });
}
