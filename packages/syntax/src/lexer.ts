import { describeCharacter, identifierPattern } from "./character.ts";
import { readEscape } from "./escape.ts";
import type { Source } from "./source.ts";
import type { Token, TokenKind } from "./token.ts";
import { keywords, punctuation, statementEnders } from "./token.ts";

export type ReportLexicalError = (offset: number, message: string) => void;

const byteOrderMark = "\ufeff";
const blank = /[ \t\r]*/y;
const blankOrNewline = /[ \t\r\n]*/y;
const number = /(?:\d+(\.\d*)?|(\.\d+))([eE][+-]?(\d*))?/y;
const plainString = /"[^"\\\n]*"/y;
const unreadable = /[\0\ufeff]|\p{Surrogate}/gu;
const carriageReturn = /(?<!\*)\r|\r(?!\/)/g;

interface BadCharacter {
  readonly offset: number;
  readonly message: string;
}

/**
 * Cuts a source into tokens, comments among them. It never fails: after an error it goes on with its best guess.
 *
 * As in Go, statements end with a line: a TERMINATOR comes before a newline (or the end of the text, or a comment that runs to the end of its
 * line) that follows a name, a literal or a closing bracket.
 */
export class Lexer {
  readonly #text: string;
  readonly #report: ReportLexicalError;
  readonly #badCharacters: Iterator<BadCharacter>;
  #nextBadCharacter: BadCharacter | undefined;
  #at = 0;
  /** Whether a newline here ends a statement. */
  #statementMayEnd = false;

  constructor(source: Source, report: ReportLexicalError) {
    this.#text = source.text;
    this.#report = report;
    this.#badCharacters = findBadCharacters(source.text);
    this.#nextBadCharacter = this.#badCharacters.next().value;
    if (this.#text.startsWith(byteOrderMark)) this.#at = 1;
  }

  /** The next token; from the end of the text on always EOF. */
  next(): Token {
    this.#skip(this.#statementMayEnd ? blank : blankOrNewline);
    const token = this.#scan(this.#at);
    if (token.kind !== "ILLEGAL") this.#statementMayEnd = statementEnders.has(token.kind);
    else if (token.text.startsWith("'")) this.#statementMayEnd = true;
    this.#reportBadCharacters();
    return token;
  }

  #scan(start: number): Token {
    const first = this.#text[start];
    if (first === undefined) return this.#token(this.#statementMayEnd ? "TERMINATOR" : "EOF", start, start);
    if (first === "\n") return this.#token("TERMINATOR", start, start + 1);
    if (first === '"' || first === "'") return this.#string(first, start);
    if (first === "`") return this.#rawString(start);
    const second = this.#text[start + 1];
    if (first === "/" && (second === "/" || second === "*")) return this.#comment(start);
    return this.#word(start) ?? this.#number(start) ?? this.#punctuation(start, first + (second ?? ""));
  }

  #word(start: number): Token | undefined {
    const end = matchEnd(identifierPattern, this.#text, start);
    if (end === start) return undefined;
    return this.#token(keywords.get(this.#text.slice(start, end)) ?? "IDENT", start, end);
  }

  #number(start: number): Token | undefined {
    number.lastIndex = start;
    const match = number.exec(this.#text);
    if (match === null) return undefined;
    const [text, fraction, onlyFraction, exponent, exponentDigits] = match;
    this.#at = start + text.length;
    if (exponentDigits === "") this.#fail(start, "exponent has no digits");
    const isFloat = fraction !== undefined || onlyFraction !== undefined || exponent !== undefined;
    return this.#token(isFloat ? "FLOAT" : "NUMBER", start, this.#at);
  }

  #string(quote: string, start: number): Token {
    const kind = quote === '"' ? "STRING" : "ILLEGAL";
    this.#at = start + 1;
    if (kind === "ILLEGAL") this.#fail(start, "illegal single-quoted string; use double quotes");
    const plainEnd = matchEnd(plainString, this.#text, start);
    if (plainEnd > start) return this.#token(kind, start, plainEnd);
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined || character === "\n") {
        this.#fail(start, "string literal not terminated");
        break;
      }
      this.#at += 1;
      if (character === quote) break;
      if (character === "\\") this.#escape();
    }
    return this.#token(kind, start, this.#at);
  }

  #escape(): void {
    const escape = readEscape(this.#text, this.#at);
    this.#at = escape.end;
    if ("problem" in escape) this.#fail(escape.at, escape.problem);
  }

  #rawString(start: number): Token {
    const close = this.#text.indexOf("`", start + 1);
    this.#at = close < 0 ? this.#text.length : close + 1;
    if (close < 0) this.#fail(start, "string literal not terminated");
    return { ...this.#token("STRING", start, this.#at), text: this.#text.slice(start, this.#at).replaceAll("\r", "") };
  }

  #comment(start: number): Token {
    if (this.#statementMayEnd && this.#commentsEndLine(start)) return this.#token("TERMINATOR", start, start);
    const isLine = this.#text[start + 1] === "/";
    const close = this.#text.indexOf(isLine ? "\n" : "*/", start + 2);
    this.#at = close < 0 ? this.#text.length : close + (isLine ? 0 : 2);
    if (close < 0 && !isLine) this.#fail(start, "block comment not terminated");
    const text = this.#text.slice(start, this.#at);
    return { ...this.#token("COMMENT", start, this.#at), text: text.includes("\r") ? text.replace(carriageReturn, "") : text };
  }

  /** Whether nothing but comments and blanks follows on the line of the comment at `start`, or one of these comments holds a newline. */
  #commentsEndLine(start: number): boolean {
    for (let at = start; ;) {
      if (this.#text.startsWith("//", at)) return true;
      if (!this.#text.startsWith("/*", at)) return false;
      const close = this.#text.indexOf("*/", at + 2);
      if (close < 0 || this.#text.slice(at, close).includes("\n")) return true;
      at = matchEnd(blank, this.#text, close + 2);
      if (at === this.#text.length || this.#text[at] === "\n") return true;
    }
  }

  #punctuation(start: number, pair: string): Token {
    const kind = punctuation.get(pair) ?? punctuation.get(pair.slice(0, 1));
    if (kind !== undefined) return this.#token(kind, start, start + kind.length);
    if (pair.startsWith("|") || pair.startsWith("&")) return this.#halfOperator(start, pair.startsWith("|") ? "||" : "&&");
    const character = String.fromCodePoint(this.#text.codePointAt(start) ?? 0);
    this.#at = start + character.length;
    if (character !== byteOrderMark) this.#fail(start, `illegal character ${describeCharacter(character)}`);
    return this.#token("ILLEGAL", start, this.#at);
  }

  #halfOperator(start: number, meant: "||" | "&&"): Token {
    this.#at = start + 1;
    this.#fail(start + 1, `missing second ${meant[0]} in ${meant}`);
    return this.#token(meant, start, this.#at);
  }

  #token(kind: TokenKind, start: number, end: number): Token {
    this.#at = end;
    return { kind, text: this.#text.slice(start, end), start, end };
  }

  #skip(pattern: RegExp): void {
    this.#at = matchEnd(pattern, this.#text, this.#at);
  }

  #fail(offset: number, message: string): void {
    this.#reportBadCharacters();
    this.#report(offset, message);
  }

  /** Reports the characters that no source may hold, up to the one that comes next, so that errors stay in reading order. */
  #reportBadCharacters(): void {
    for (;;) {
      const bad = this.#nextBadCharacter;
      if (bad === undefined || bad.offset > this.#at) return;
      this.#nextBadCharacter = this.#badCharacters.next().value;
      this.#report(bad.offset, bad.message);
    }
  }
}

function matchEnd(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : start;
}

/** One at a time: a binary file has millions of them, and reading ends after the first hundred. */
function* findBadCharacters(text: string): Generator<BadCharacter, undefined> {
  for (const { 0: character, index } of text.matchAll(unreadable)) {
    if (character === "\0") yield { offset: index, message: "illegal character NUL" };
    else if (character !== byteOrderMark) yield { offset: index, message: "illegal UTF-8 encoding" };
    else if (index > 0) yield { offset: index, message: "illegal byte order mark" };
  }
  return undefined;
}
