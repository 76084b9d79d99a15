import { maxObjectBytes, tooLarge } from "./list-reader.ts";

const newline = 0x0a;

/** Puts the lines of a watch together from the pieces that they arrive in. */
export class LineReader {
  readonly #onLine: (line: Buffer) => void;
  #begun: Buffer[] = [];
  #bytes = 0;

  /** `onLine` is called during {@link push}, with lines that are not empty. */
  constructor(onLine: (line: Buffer) => void) {
    this.#onLine = onLine;
  }

  /** Throws for a line that is too long. */
  push(given: Uint8Array): void {
    const chunk = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      const part = chunk.subarray(from, end);
      from = end + 1;
      const line = this.#begun.length === 0 ? part : Buffer.concat([...this.#begun, part]);
      this.#begun = [];
      this.#bytes = 0;
      if (line.length > 0) this.#onLine(line);
    }
    if (from === chunk.length) return;
    this.#bytes += chunk.length - from;
    if (this.#bytes > maxObjectBytes) throw tooLarge();
    this.#begun.push(Buffer.from(chunk.subarray(from)));
  }
}
