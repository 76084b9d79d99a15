import { JsonRecord } from "../../discovery/json-record.ts";
import { KubernetesError } from "./kubernetes-error.ts";

/** Most bytes of one object. etcd refuses objects of more than 1.5 MiB. */
export const maxObjectBytes: number = 8 * 1024 * 1024;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/** What surrounds the objects of a list. */
export interface ListFrame {
  readonly version: string;
  /** Where the next page begins; empty on the last one. */
  readonly next: string;
}

/**
 * Reads a list of objects (`{"metadata": {…}, "items": [{…}, …]}`) while it arrives, one object after the other: a list of any length takes the memory of
 * its longest object.
 */
export class ListReader {
  readonly #onItem: (item: JsonRecord) => void;
  /** Everything but the items, as far as it has come. */
  readonly #frame: Buffer[] = [];
  #frameBytes = 0;
  /** The beginning of an item whose end has not come yet. */
  #item: Buffer[] = [];
  #itemBytes = 0;
  #depth = 0;
  #inString = false;
  /** What has come of a string ends with a backslash that belongs to the next byte. */
  #escaped = false;
  /** The last text at the top: before a value it is the name of the member. */
  #lastText = "";
  /** What has come of the text that is being read there. */
  #begunText = "";
  #inItems = false;
  #hasItems = false;

  /** `onItem` is called during {@link push}. */
  constructor(onItem: (item: JsonRecord) => void) {
    this.#onItem = onItem;
  }

  /** Throws for what is no JSON, and for what is too large. */
  push(given: Uint8Array): void {
    const chunk = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    /** Where what is not handed over yet begins. */
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      if (this.#inString) {
        const end = this.#endOfString(chunk, at);
        if (this.#depth === 1) this.#noteText(chunk, at, end);
        if (end < 0) break;
        at = end;
        this.#inString = false;
        continue;
      }
      const byte = chunk[at] ?? 0;
      if (byte === quote) this.#inString = true;
      else if (byte === openBrace || byte === openBracket) {
        if (this.#inItems && this.#depth === 2) from = at;
        this.#depth += 1;
        if (byte === openBracket && this.#depth === 2 && this.#lastText === "items") {
          this.#keep(chunk.subarray(from, at + 1));
          from = at + 1;
          this.#inItems = true;
        }
      } else if (byte === closeBrace || byte === closeBracket) {
        this.#depth -= 1;
        if (this.#inItems && this.#depth === 2) {
          this.#finishItem(chunk.subarray(from, at + 1));
          from = at + 1;
        } else if (this.#inItems && this.#depth === 1) this.#inItems = false;
      } else if (byte === comma && this.#inItems && this.#depth === 2) from = at + 1;
    }
    const rest = chunk.subarray(from);
    if (this.#inItems && this.#depth > 2) this.#keepItem(rest);
    else this.#keep(rest);
  }

  /** Throws when the end of the list has not come, and when it was no list. */
  end(): ListFrame {
    const text = Buffer.concat(this.#frame).toString();
    let frame: JsonRecord;
    try {
      if (this.#depth !== 0) throw new SyntaxError("unexpected end of JSON input");
      frame = JsonRecord.of(JSON.parse(text));
      // Another object would otherwise be an empty list.
      if (!this.#hasItems) throw new SyntaxError("it has no items");
    } catch (error) {
      throw new KubernetesError(0, `the list cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    const metadata = frame.record("metadata");
    return { version: metadata.text("resourceVersion"), next: metadata.text("continue") };
  }

  /** Where the string that goes on at `at` ends; -1 when it does not in this chunk. */
  #endOfString(chunk: Buffer, at: number): number {
    // Texts are short: a call for each of them would cost more than this.
    for (let place = this.#escaped ? at + 1 : at; place < chunk.length; place += 1) {
      const byte = chunk[place];
      if (byte === quote) {
        this.#escaped = false;
        return place;
      }
      if (byte !== backslash) continue;
      place += 1;
      if (place === chunk.length) {
        this.#escaped = true;
        return -1;
      }
    }
    this.#escaped = false;
    return -1;
  }

  #noteText(chunk: Buffer, at: number, end: number): void {
    const text = this.#begunText + chunk.toString("latin1", at, end < 0 ? chunk.length : end);
    this.#begunText = end < 0 ? text : "";
    if (end < 0) return;
    this.#lastText = text;
    if (text === "items") this.#hasItems = true;
  }

  #finishItem(end: Buffer): void {
    const bytes = this.#item.length === 0 ? end : Buffer.concat([...this.#item, end]);
    this.#item = [];
    this.#itemBytes = 0;
    this.#onItem(parseObject(bytes));
  }

  /** Chunks are the connection's: what is kept is copied. */
  #keepItem(part: Buffer): void {
    this.#itemBytes += part.length;
    if (this.#itemBytes > maxObjectBytes) throw tooLarge();
    this.#item.push(Buffer.from(part));
  }

  #keep(part: Buffer): void {
    this.#frameBytes += part.length;
    if (this.#frameBytes > maxObjectBytes) throw tooLarge();
    if (part.length > 0) this.#frame.push(Buffer.from(part));
  }
}

/** One object. Throws for what is none. */
export function parseObject(bytes: Buffer): JsonRecord {
  const text = bytes.toString();
  try {
    return JsonRecord.of(JSON.parse(text));
  } catch (error) {
    const shown = JSON.stringify(text.slice(0, 100));
    throw new KubernetesError(0, `an object cannot be read: ${shown}`, { cause: error });
  }
}

export function tooLarge(): KubernetesError {
  return new KubernetesError(0, `an object is larger than ${maxObjectBytes} bytes`);
}
