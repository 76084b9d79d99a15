import { Aligner } from "./aligner.ts";
import type { Comment } from "./ast.ts";
import type { Range, Source } from "./source.ts";

/**
 * What stands between two tokens: a blank, a tabstop to align at, a line end, a line end that alignment does not cross, or a change of the
 * indentation, which takes effect with the next line.
 */
export type Gap = "blank" | "tabstop" | "line" | "section" | "indent" | "outdent";

/** At most one empty line stays around a comment. */
const maxLineEnds = 2;

/**
 * Puts tokens and gaps on lines and weaves the comments in.
 *
 * Gaps are kept back until the next token is written, so those at the end of a file vanish. A comment goes before the first anchored token that
 * follows it in the source. Around a comment the gaps give way to the line ends that the source has there.
 */
export class Layout {
  readonly #out = new Aligner();
  readonly #source: Source;
  readonly #comments: readonly Comment[];
  #commentsWritten = 0;
  #gaps: Gap[] = [];
  #indentation = 0;
  #empty = true;
  /** The source line at which the text written last ends. */
  #sourceLine = 1;

  constructor(source: Source, comments: readonly Comment[]) {
    this.#source = source;
    this.#comments = comments;
  }

  /** Index of the line that is being written. */
  get line(): number {
    return this.#out.line;
  }

  gap(...gaps: readonly Gap[]): void {
    this.#gaps.push(...gaps);
  }

  /**
   * Writes a token; returns the index of the line it begins on. A token that comes with its place in the source is anchored there: comments
   * before it stay before it. Those before another token (`=` `,` `.` and the `(` of calls) move behind it.
   */
  token(text: string, place?: Range): number {
    if (place !== undefined && this.commentBefore(place.start)) this.#writeComments(place.start);
    else this.#writeGaps(this.#gaps);
    this.#gaps = [];
    this.#indent();
    const { line } = this.#out;
    this.#out.write(text);
    this.#empty = false;
    if (place !== undefined) this.#sourceLine = this.#source.lineOf(place.end - 1);
    return line;
  }

  /** Whether a comment that is not yet written stands before the offset. */
  commentBefore(offset: number): boolean {
    return (this.#comments[this.#commentsWritten]?.start ?? Infinity) < offset;
  }

  /** The whole text, with the comments that are left, without a newline at the end. */
  finish(): string {
    while (this.commentBefore(Infinity)) this.#writeComment(Infinity);
    return this.#out.finish();
  }

  /** Writes the comments before the token at the offset, and what separates the last of them from it. */
  #writeComments(offset: number): void {
    const tokenLine = this.#source.lineOf(offset);
    let last: Comment | undefined;
    while (this.commentBefore(offset)) last = this.#writeComment(tokenLine);
    if (last?.text.startsWith("/*") === true && this.#sourceLine === tokenLine) this.#out.blank();
    const lineEnd = this.#gaps.includes("section") ? "section" : "line";
    const indentation = this.#gaps.filter((gap) => gap === "indent" || gap === "outdent");
    this.#writeGaps([...indentation, ...this.#lineEnds(tokenLine, lineEnd)]);
  }

  #writeComment(tokenLine: number): Comment | undefined {
    const comment = this.#comments[this.#commentsWritten];
    if (comment === undefined) return undefined;
    this.#commentsWritten += 1;
    const line = this.#source.lineOf(comment.start);
    if (!this.#empty) this.#separate(line, tokenLine);
    this.#indent();
    this.#out.write(comment.text);
    this.#empty = false;
    this.#sourceLine = this.#source.lineOf(comment.end - 1);
    return comment;
  }

  /** Writes what goes between the text before and a comment. */
  #separate(commentLine: number, tokenLine: number): void {
    if (commentLine > this.#sourceLine) {
      this.#openIndentation();
      this.#writeGaps(this.#lineEnds(commentLine, "section"));
    } else if (commentLine === tokenLine) {
      this.#out.blank();
    } else {
      this.#out.tab("hard");
    }
  }

  /**
   * A comment on a line of its own takes the place of the first line end that is due, so the changes of indentation before that already apply
   * to it. The gap stays as a tombstone: further comments change nothing.
   */
  #openIndentation(): void {
    const first = this.#gaps.findIndex((gap) => gap !== "indent" && gap !== "outdent");
    if (first < 0) return;
    this.#writeGaps(this.#gaps.slice(0, first));
    this.#gaps = ["blank", ...this.#gaps.slice(first + 1)];
  }

  /** The line ends that the source has from the text written last to the given line. */
  #lineEnds(line: number, kind: "line" | "section"): Gap[] {
    const count = Math.min(maxLineEnds, line - this.#sourceLine);
    return Array.from({ length: Math.max(0, count) }, () => kind);
  }

  #writeGaps(gaps: readonly Gap[]): void {
    for (const gap of gaps) {
      if (gap === "blank") this.#out.blank();
      else if (gap === "tabstop") this.#out.tab("soft");
      else if (gap === "line") this.#out.endLine();
      else if (gap === "section") this.#out.endSection();
      else this.#indentation += gap === "indent" ? 1 : -1;
    }
  }

  #indent(): void {
    if (!this.#out.atLineStart) return;
    for (let level = 0; level < this.#indentation; level += 1) this.#out.tab("hard");
  }
}
