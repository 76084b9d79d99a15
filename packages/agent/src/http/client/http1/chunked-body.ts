import { MalformedAnswerError } from "./malformed-answer-error.ts";

/** Most bytes of a line between chunks, and of all trailers. */
const maxLineBytes = 16 * 1024;

type State = "size" | "data" | "after data" | "trailer" | "end";

/** Takes a chunked body apart: RFC 9112, 7.1. Extensions and trailers are left out. */
export class ChunkedBody {
  readonly #onData: (chunk: Buffer) => void;
  #state: State = "size";
  #line = "";
  #left = 0;
  #trailerBytes = 0;

  constructor(onData: (chunk: Buffer) => void) {
    this.#onData = onData;
  }

  get ended(): boolean {
    return this.#state === "end";
  }

  /**
   * Takes bytes as they come. Gives how many of them belonged to the body: all, unless it has {@link ended}.
   *
   * @throws MalformedAnswerError when they are no chunks
   */
  take(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length && this.#state !== "end") at = this.#state === "data" ? this.#data(bytes, at) : this.#text(bytes, at);
    return at;
  }

  #data(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    if (this.#left === 0) this.#state = "after data";
    this.#onData(bytes.subarray(at, end));
    return end;
  }

  #text(bytes: Buffer, at: number): number {
    const feed = bytes.indexOf(10, at);
    const end = feed < 0 ? bytes.length : feed;
    this.#line += bytes.toString("latin1", at, end);
    if (this.#line.length > maxLineBytes) throw new MalformedAnswerError("header line too long");
    if (feed < 0) return end;
    const line = this.#line.endsWith("\r") ? this.#line.slice(0, -1) : this.#line;
    this.#line = "";
    this.#takeLine(line);
    return feed + 1;
  }

  #takeLine(line: string): void {
    switch (this.#state) {
      case "size":
        this.#left = sizeOf(line);
        this.#state = this.#left === 0 ? "trailer" : "data";
        return;
      case "after data":
        if (line !== "") throw new MalformedAnswerError("malformed chunked encoding");
        this.#state = "size";
        return;
      default:
        this.#trailerBytes += line.length;
        if (this.#trailerBytes > maxLineBytes) throw new MalformedAnswerError("trailer too long");
        if (line === "") this.#state = "end";
    }
  }
}

function sizeOf(line: string): number {
  const digits = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line)?.[1];
  if (digits === undefined) throw new MalformedAnswerError("invalid byte in chunk length");
  return Number.parseInt(digits, 16);
}
