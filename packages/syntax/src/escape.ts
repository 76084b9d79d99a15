import { describeCharacter } from "./character.ts";

/** What an escape sequence stands for. */
export interface Escape {
  /** Offset behind the sequence. */
  readonly end: number;
  /** A single byte above 0x7f is carried as text.ts describes. */
  readonly text: string;
}

export interface EscapeProblem {
  /** Where reading goes on. */
  readonly end: number;
  /** What is wrong, and at which offset. */
  readonly problem: string;
  readonly at: number;
}

interface NumericForm {
  readonly digits: number;
  readonly base: 8 | 16;
  readonly max: number;
}

const singleCharacter: ReadonlyMap<string, string> = new Map([
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
  ["\\", "\\"],
  ['"', '"'],
]);
const octal: NumericForm = { digits: 3, base: 8, max: 0xff };
const hexadecimal: ReadonlyMap<string, NumericForm> = new Map([
  ["x", { digits: 2, base: 16, max: 0xff }],
  ["u", { digits: 4, base: 16, max: 0x10ffff }],
  ["U", { digits: 8, base: 16, max: 0x10ffff }],
]);
const notTerminated = "escape sequence not terminated";

/** Reads the escape sequence whose backslash stands right before `at`. The sequences are those of Go's double-quoted strings, without `\'`. */
export function readEscape(text: string, at: number): Escape | EscapeProblem {
  const letter = text[at];
  if (letter === undefined) return { end: at, problem: notTerminated, at };
  const single = singleCharacter.get(letter);
  if (single !== undefined) return { end: at + 1, text: single };
  const form = hexadecimal.get(letter);
  if (form !== undefined) return readNumeric(text, at, at + 1, form);
  if (letter >= "0" && letter <= "7") return readNumeric(text, at, at, octal);
  return { end: at, problem: "unknown escape sequence", at };
}

function readNumeric(text: string, at: number, first: number, { digits, base, max }: NumericForm): Escape | EscapeProblem {
  let value = 0;
  for (let digit = first; digit < first + digits; digit += 1) {
    const character = text.codePointAt(digit);
    if (character === undefined) return { end: digit, problem: notTerminated, at: digit };
    const worth = digitValue(character);
    if (worth >= base) {
      const shown = describeCharacter(String.fromCodePoint(character));
      return { end: digit, problem: `illegal character ${shown} in escape sequence`, at: digit };
    }
    value = value * base + worth;
  }
  const end = first + digits;
  if (value > max || (value >= 0xd800 && value < 0xe000)) return { end, problem: "escape sequence is invalid Unicode code point", at };
  const isByte = max === 0xff && value >= 0x80;
  return { end, text: isByte ? String.fromCharCode(0xdc00 + value) : String.fromCodePoint(value) };
}

/** The worth of a digit of any base up to 16; 16 for everything else. */
function digitValue(character: number): number {
  if (character >= 0x30 && character <= 0x39) return character - 0x30;
  const lower = character | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : 16;
}
