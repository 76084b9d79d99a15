import type { Comment } from "./ast.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { Lexer } from "./lexer.ts";
import type { Range, Source } from "./source.ts";
import type { Token, TokenKind } from "./token.ts";

/**
 * How deep a syntax tree may be, blocks and expressions together; a chain such as `1 + 1 + 1` or `a.b.c` counts one level a link. Low enough
 * that functions which call themselves for every level (parser, printer, evaluator) stay far below the stack that JavaScript engines give.
 */
export const maxNesting = 300;

/** After so many errors in one source the rest is not looked at. */
export const maxDiagnostics = 100;

const closers: ReadonlyMap<TokenKind, TokenKind> = new Map([
  ["}", "{"],
  [")", "("],
  ["]", "["],
]);

/** The tokens of a source as the parsers see them: one at a time, comments put aside, errors collected. */
export class TokenStream {
  readonly source: Source;
  /** Comments in front of the current token. */
  readonly comments: Comment[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #lexer: Lexer;
  #current: Token = { kind: "EOF", text: "", start: 0, end: 0 };
  /** How many nodes enclose the current token. */
  #depth = 0;
  #lastErrorLine = 0;
  #abandoned = false;

  constructor(source: Source) {
    this.source = source;
    this.#lexer = new Lexer(source, (start, message) => this.fail({ start, end: start }, message));
    this.advance();
  }

  get current(): Token {
    return this.#current;
  }

  at(...kinds: readonly TokenKind[]): boolean {
    return kinds.includes(this.#current.kind);
  }

  /** Goes to the next token; returns the one that was current. */
  advance(): Token {
    const passed = this.#current;
    let token = this.#abandoned ? this.#endOfText() : this.#lexer.next();
    for (; token.kind === "COMMENT"; token = this.#lexer.next()) {
      this.comments.push({ text: token.text, start: token.start, end: token.end });
    }
    this.#current = this.#abandoned ? this.#endOfText() : token;
    return passed;
  }

  /** Takes one token, which should be of the given kind. */
  expect(kind: TokenKind): Token {
    if (!this.at(kind)) this.failHere(`expected ${kind}, got ${this.#current.kind}`);
    return this.advance();
  }

  /** An error at the current token, unless the last one of this sort was on the same line: it would most likely be a consequence. */
  failHere(message: string, hint?: string): void {
    const { start } = this.#current;
    const line = this.source.lineOf(start);
    if (line === this.#lastErrorLine) return;
    this.#lastErrorLine = line;
    this.fail({ start, end: start }, message, hint);
  }

  fail(range: Range, message: string, hint?: string): void {
    if (this.#abandoned) return;
    this.diagnostics.push({ severity: "error", message, source: this.source, range, ...(hint === undefined ? {} : { hint }) });
    if (this.diagnostics.length < maxDiagnostics) return;
    this.diagnostics.push({ severity: "error", message: `too many errors; only the first ${maxDiagnostics} are shown` });
    this.#abandon();
  }

  /** Goes on to the next token of one of the kinds. */
  skipTo(...kinds: readonly TokenKind[]): void {
    while (!this.at("EOF", ...kinds)) this.advance();
  }

  /** Goes on to the end of the statement, past the brackets that it opens. */
  skipStatement(): void {
    const open = new Map<TokenKind, number>([
      ["{", 0],
      ["(", 0],
      ["[", 0],
    ]);
    for (; !this.at("EOF"); this.advance()) {
      const { kind } = this.#current;
      if (kind === "TERMINATOR" && [...open.values()].every((count) => count <= 0)) return;
      const opener = closers.get(kind) ?? kind;
      const count = open.get(opener);
      if (count !== undefined) open.set(opener, opener === kind ? count + 1 : count - 1);
    }
  }

  /** To be called before parsing what is enclosed by a node, with a {@link leave} behind it. */
  enter(): void {
    this.#depth += 1;
    this.checkNesting(0);
  }

  leave(): void {
    this.#depth -= 1;
  }

  /** Gives up on the source when a node of this height, at the current depth, makes the tree too deep. */
  checkNesting(height: number): void {
    if (this.#depth + height <= maxNesting) return;
    const { start } = this.#current;
    this.fail({ start, end: start }, `nested too deeply: blocks and expressions may form at most ${maxNesting} levels`);
    this.#abandon();
  }

  /** All that follows would be consequences: the source ends here. */
  #abandon(): void {
    this.#abandoned = true;
    this.#current = this.#endOfText();
  }

  #endOfText(): Token {
    const end = this.source.text.length;
    return { kind: "EOF", text: "", start: end, end };
  }
}
