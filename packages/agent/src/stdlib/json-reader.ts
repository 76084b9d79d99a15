import { maxNesting } from "@flameline/syntax";
import { Uint64, type Value, ValueError } from "../schema/index.ts";

/** What the reader expected where a text stopped being JSON. */
export type JsonProblem =
  | "end"
  | "value"
  | "literal"
  | "number"
  | "fraction"
  | "exponent"
  | "string"
  | "escape"
  | "unicode"
  | "key"
  | "next key"
  | "colon"
  | "object comma"
  | "array comma"
  | "trailing";

/** A text that is no JSON. Readers of different messages make their own of it. */
export class JsonSyntaxError extends Error {
  override readonly name = "JsonSyntaxError";
  readonly problem: JsonProblem;
  /** Offset of the unexpected character, the length of the text at its end. */
  readonly offset: number;
  /** For `literal`: the word and the letter that was expected. */
  readonly expected: readonly [word: string, letter: string] | undefined;

  constructor(problem: JsonProblem, offset: number, expected?: readonly [string, string]) {
    super(problem);
    this.problem = problem;
    this.offset = offset;
    this.expected = expected;
  }
}

const numberPattern = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const whitespace = /[ \t\r\n]*/y;
const plainCharacters = /[ !#-[\]-\u{10ffff}]+/uy;
const escapes: ReadonlyMap<string, string> = new Map(
  Object.entries({ '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }),
);

/** Reads one JSON text into values. Objects keep the last of equal keys; what is no valid Unicode becomes U+FFFD. */
export class JsonReader {
  readonly #text: string;
  /** Whole numbers become int64 (uint64 above that) instead of float64. */
  readonly #exact: boolean;
  #at = 0;

  constructor(text: string, { exact }: { readonly exact: boolean }) {
    this.#text = text;
    this.#exact = exact;
  }

  /** @throws {@link JsonSyntaxError}; {@link ValueError} for what is JSON but no value. */
  read(): Value {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw new JsonSyntaxError("trailing", this.#at);
    return value;
  }

  #value(depth: number): Value {
    if (depth > maxNesting) throw new ValueError("exceeded max depth");
    this.#skipSpace();
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object(depth + 1);
      case "[":
        return this.#array(depth + 1);
      case '"':
        return this.#string();
      case "t":
        return this.#literal("true", true);
      case "f":
        return this.#literal("false", false);
      case "n":
        return this.#literal("null", null);
      default:
        return this.#number();
    }
  }

  #object(depth: number): Value {
    const members = new Map<string, Value>();
    if (this.#opensEmpty("}")) return members;
    for (;;) {
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') throw this.#unexpected(members.size === 0 ? "key" : "next key");
      const key = this.#string();
      this.#skipSpace();
      if (this.#text[this.#at] !== ":") throw this.#unexpected("colon");
      this.#at += 1;
      members.set(key, this.#value(depth));
      if (this.#closes("}", "object comma")) return members;
    }
  }

  #array(depth: number): Value {
    const elements: Value[] = [];
    if (this.#opensEmpty("]")) return elements;
    for (;;) {
      elements.push(this.#value(depth));
      if (this.#closes("]", "array comma")) return elements;
    }
  }

  #opensEmpty(close: string): boolean {
    this.#at += 1;
    this.#skipSpace();
    if (this.#text[this.#at] !== close) return false;
    this.#at += 1;
    return true;
  }

  /** Whether the list ends here; otherwise a comma was read. */
  #closes(close: string, problem: JsonProblem): boolean {
    this.#skipSpace();
    const next = this.#text[this.#at];
    if (next !== close && next !== ",") throw this.#unexpected(problem);
    this.#at += 1;
    return next === close;
  }

  #literal<T extends Value>(word: string, value: T): T {
    for (const letter of word) {
      if (this.#text[this.#at] !== letter) throw this.#unexpected("literal", [word, letter]);
      this.#at += 1;
    }
    return value;
  }

  #number(): Value {
    const start = this.#at;
    numberPattern.lastIndex = start;
    const [raw, fraction, exponent] = numberPattern.exec(this.#text) ?? [];
    if (raw === undefined)
      throw this.#unexpected(this.#text[start] === "-" ? "number" : "value", undefined, this.#text[start] === "-" ? 1 : 0);
    this.#at += raw.length;
    const next = this.#text[this.#at];
    if (exponent === undefined && (next === "e" || next === "E")) throw this.#brokenExponent();
    if (fraction === undefined && exponent === undefined && next === ".") throw this.#unexpected("fraction", undefined, 1);
    if (this.#exact && fraction === undefined && exponent === undefined) return wholeNumber(raw);
    const value = Number(raw);
    if (!Number.isFinite(value)) throw new ValueError(`json: cannot unmarshal number ${raw} into Go value of type float64`);
    return value;
  }

  #brokenExponent(): JsonSyntaxError {
    const sign = this.#text[this.#at + 1];
    return this.#unexpected("exponent", undefined, sign === "+" || sign === "-" ? 2 : 1);
  }

  #string(): string {
    const parts: string[] = [];
    this.#at += 1;
    for (;;) {
      plainCharacters.lastIndex = this.#at;
      const [plain = ""] = plainCharacters.exec(this.#text) ?? [];
      this.#at += plain.length;
      parts.push(plain);
      const next = this.#text[this.#at];
      if (next !== '"' && next !== "\\") throw this.#unexpected("string");
      this.#at += 1;
      if (next === '"') return parts.join("").toWellFormed();
      parts.push(this.#escape());
    }
  }

  #escape(): string {
    const letter = this.#text[this.#at] ?? "";
    const short = escapes.get(letter);
    if (short === undefined && letter !== "u") throw this.#unexpected("escape");
    this.#at += 1;
    if (short !== undefined) return short;
    const digits = /^[0-9a-fA-F]*/.exec(this.#text.slice(this.#at, this.#at + 4))?.[0] ?? "";
    this.#at += digits.length;
    if (digits.length < 4) throw this.#unexpected("unicode");
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #skipSpace(): void {
    whitespace.lastIndex = this.#at;
    this.#at += whitespace.exec(this.#text)?.[0].length ?? 0;
  }

  #unexpected(problem: JsonProblem, expected?: readonly [string, string], ahead = 0): JsonSyntaxError {
    const offset = this.#at + ahead;
    return new JsonSyntaxError(offset >= this.#text.length ? "end" : problem, Math.min(offset, this.#text.length), expected);
  }
}

function wholeNumber(raw: string): Value {
  const value = BigInt(raw);
  if (BigInt.asIntN(64, value) === value) return value;
  return BigInt.asUintN(64, value) === value ? new Uint64(value) : Number(raw);
}
