import { textOfBytes } from "./bytes.ts";

const plain = /^[ !#-[\]-~]*$/;
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const shortEscapes: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
};

/** The text as a Go string literal, as `%q` prints it (Go's strconv.Quote): messages of the reference quote that way. */
export function quoteText(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  return `"${Array.from(text, (character) => (character === '"' ? '\\"' : escapeCharacter(character))).join("")}"`;
}

/** {@link quoteText} of bytes that may be no valid UTF-8. */
export function quoteBytes(bytes: Uint8Array): string {
  return quoteText(textOfBytes(bytes));
}

/** One character as a Go rune literal, e.g. `'-'`. */
export function quoteCharacter(character: string): string {
  return `'${character === "'" ? "\\'" : escapeCharacter(character)}'`;
}

function escapeCharacter(character: string): string {
  const short = shortEscapes[character];
  if (short !== undefined) return short;
  if (printable.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  // A carried byte, see bytes.ts.
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(code - 0xdc00, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
