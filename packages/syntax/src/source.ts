import { byteLength, textFromBytes } from "./text.ts";

/** A place in a file as users see it. */
export interface Position {
  /** 1-based. */
  readonly line: number;
  /** 1-based, in bytes from the start of the line. */
  readonly column: number;
}

/** A half-open stretch `[start, end)` of a source's text, in UTF-16 code units. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A configuration text with a name; turns offsets into lines and columns. */
export class Source {
  /** As given on the command line; empty when there is none. */
  readonly name: string;
  readonly text: string;
  #lineStarts: number[] | undefined;

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
  }

  static fromBytes(name: string, bytes: Uint8Array): Source {
    return new Source(name, textFromBytes(bytes));
  }

  /** Offsets at which the lines start; the first one is 0. A line ends after `\n`. */
  get lineStarts(): readonly number[] {
    if (this.#lineStarts !== undefined) return this.#lineStarts;
    const starts = [0];
    for (let at = this.text.indexOf("\n"); at >= 0; at = this.text.indexOf("\n", at + 1)) starts.push(at + 1);
    this.#lineStarts = starts;
    return starts;
  }

  position(offset: number): Position {
    const line = this.lineOf(offset);
    return { line, column: byteLength(this.text.slice(this.lineStarts[line - 1] ?? 0, offset)) + 1 };
  }

  /** The 1-based line that holds the offset. */
  lineOf(offset: number): number {
    const starts = this.lineStarts;
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }

  /** The text of a 1-based line, without its newline; empty for a line that is not there. */
  line(line: number): string {
    const start = this.lineStarts[line - 1];
    const next = this.lineStarts[line];
    return start === undefined ? "" : this.text.slice(start, next === undefined ? undefined : next - 1);
  }

  /** `file:line:col`, without a file name `line:col`. */
  describe(offset: number): string {
    const { line, column } = this.position(offset);
    return this.name === "" ? `${line}:${column}` : `${this.name}:${line}:${column}`;
  }
}
