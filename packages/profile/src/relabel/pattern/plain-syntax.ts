import { anyChar, caseFolded, type CharSet, charSet, complement } from "./char-set.ts";

/** A regular expression of the plain kind. */
export type PlainNode =
  | { readonly kind: "char"; readonly set: CharSet }
  | { readonly kind: "sequence"; readonly items: readonly PlainNode[] }
  | { readonly kind: "choice"; readonly options: readonly PlainNode[] }
  | { readonly kind: "capture"; readonly body: PlainNode }
  /** `max` is Infinity for a loop; then, and whenever it is above 1, the body is one character. */
  | { readonly kind: "repeat"; readonly body: PlainNode; readonly min: number; readonly max: number; readonly lazy: boolean };

/**
 * Reads a regular expression that RE2 has accepted and that uses only: characters, escaped punctuation, `\d \w \s \D \W \S`, classes of those, groups,
 * `|`, `?` after anything that cannot be empty, other repetitions after one character, `(?i)` and `(?s)` at the very start, `^` and `$` at the ends of the whole. What else
 * there is gives undefined.
 */
export function parsePlain(regex: string): PlainNode | undefined {
  try {
    return new PlainParser(regex).parse();
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

/** The parser's way out; never leaves this file. */
class NotPlain extends Error {}

const digits = [0x30, 0x39];
const word = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
/** Not the vertical tab, and nothing beyond ASCII, which JavaScript counts in. */
const space = [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20];
const perlClasses: Readonly<Record<string, CharSet>> = {
  d: digits,
  w: word,
  s: space,
  D: complement(digits),
  W: complement(word),
  S: complement(space),
};
const controlEscapes: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };
const groupStart = /^\((?:\?:|\?P?<[A-Za-z_]\w*>)?/;
const counted = /^\{(\d{1,4})(,(\d{1,4})?)?\}/;
const maxCount = 100;

class PlainParser {
  readonly #source: string;
  readonly #foldCase: boolean;
  #position: number;
  #depth = 0;

  constructor(source: string) {
    const flags = /^\(\?([is]+)\)/.exec(source);
    this.#source = source;
    this.#position = flags?.[0].length ?? 0;
    this.#foldCase = flags?.[1]?.includes("i") ?? false;
  }

  parse(): PlainNode {
    const node = this.#choice();
    if (this.#position < this.#source.length) throw new NotPlain();
    return node;
  }

  #choice(): PlainNode {
    const options = [this.#sequence()];
    while (this.#take("|")) options.push(this.#sequence());
    return options.length === 1 && options[0] !== undefined ? options[0] : { kind: "choice", options };
  }

  #sequence(): PlainNode {
    const items: PlainNode[] = [];
    if (this.#depth === 0) this.#take("^");
    while (!this.#atEnd()) items.push(this.#repeated());
    if (this.#depth === 0) this.#take("$");
    return { kind: "sequence", items };
  }

  #atEnd(): boolean {
    const rest = this.#source.slice(this.#position, this.#position + 2);
    return rest === "" || rest.startsWith("|") || rest.startsWith(")") || (this.#depth === 0 && (rest === "$" || rest === "$|"));
  }

  #repeated(): PlainNode {
    const body = this.#atom();
    const bounds = this.#bounds();
    if (bounds === undefined) return body;
    const [min, max] = bounds;
    // JavaScript gives up a repetition that matched nothing, RE2 does not.
    if (body.kind !== "char" && (max > 1 || isNullable(body))) throw new NotPlain();
    return { kind: "repeat", body, min, max, lazy: this.#take("?") };
  }

  #bounds(): readonly [min: number, max: number] | undefined {
    if (this.#take("*")) return [0, Infinity];
    if (this.#take("+")) return [1, Infinity];
    if (this.#take("?")) return [0, 1];
    const count = counted.exec(this.#source.slice(this.#position, this.#position + 12));
    if (count === null) return undefined;
    this.#position += count[0].length;
    const min = Number(count[1]);
    const max = count[2] === undefined ? min : count[3] === undefined ? Infinity : Number(count[3]);
    if (min > maxCount || (max > maxCount && max !== Infinity)) throw new NotPlain();
    return [min, max];
  }

  #atom(): PlainNode {
    const character = this.#next();
    switch (character) {
      case ".":
        return { kind: "char", set: anyChar };
      case "(":
        return this.#group();
      case "[":
        return { kind: "char", set: this.#class() };
      case "\\":
        return { kind: "char", set: this.#folded(this.#escape()) };
      default:
        if ("*+?{}^$|)]".includes(character)) throw new NotPlain();
        return { kind: "char", set: this.#folded(single(character)) };
    }
  }

  #group(): PlainNode {
    this.#position -= 1;
    const start = groupStart.exec(this.#source.slice(this.#position))?.[0] ?? "(";
    this.#position += start.length;
    this.#depth += 1;
    const body = this.#choice();
    this.#depth -= 1;
    if (!this.#take(")")) throw new NotPlain();
    return start === "(?:" ? body : { kind: "capture", body };
  }

  #class(): CharSet {
    const negated = this.#take("^");
    const ranges: number[] = [];
    for (let first = true; first || !this.#take("]"); first = false) ranges.push(...this.#classItem());
    const set = this.#folded(charSet(ranges));
    return negated ? complement(set) : set;
  }

  #classItem(): CharSet {
    const low = this.#classChar();
    // A minus before the closing bracket stands for itself.
    if (!this.#source.startsWith("-", this.#position) || this.#source.startsWith("-]", this.#position)) return low;
    this.#position += 1;
    const high = this.#classChar();
    const [from, to] = [low[0] ?? 0, high[0] ?? 0];
    if (low.length !== 2 || high.length !== 2 || low[1] !== from || high[1] !== to) throw new NotPlain();
    return [from, to];
  }

  #classChar(): CharSet {
    const character = this.#next();
    if (character === "\\") return this.#escape();
    if (character === "[" && this.#source.startsWith(":", this.#position)) throw new NotPlain();
    return single(character);
  }

  #escape(): CharSet {
    const character = this.#next();
    const known = perlClasses[character];
    if (known !== undefined) return known;
    const control = controlEscapes[character];
    if (control !== undefined) return [control, control];
    if (/[0-9A-Za-z]/.test(character)) throw new NotPlain();
    return single(character);
  }

  #folded(set: CharSet): CharSet {
    const folded = this.#foldCase ? caseFolded(set) : set;
    if (folded === undefined) throw new NotPlain();
    return folded;
  }

  #next(): string {
    const code = this.#source.codePointAt(this.#position);
    if (code === undefined) throw new NotPlain();
    const character = String.fromCodePoint(code);
    this.#position += character.length;
    return character;
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#position)) return false;
    this.#position += text.length;
    return true;
  }
}

function isNullable(node: PlainNode): boolean {
  switch (node.kind) {
    case "char":
      return false;
    case "sequence":
      return node.items.every(isNullable);
    case "choice":
      return node.options.some(isNullable);
    case "capture":
      return isNullable(node.body);
    default:
      return node.min === 0 || isNullable(node.body);
  }
}

function single(character: string): CharSet {
  const code = character.codePointAt(0) ?? 0;
  return [code, code];
}
