import { keywords } from "./token.ts";

/** Letters and decimal digits of all scripts; the same set as Go's `unicode.IsLetter` and `unicode.IsDigit`. */
export const identifierPattern = /[\p{L}_][\p{L}\p{Nd}_]*/uy;

const wholeIdentifier = /^[\p{L}_][\p{L}\p{Nd}_]*$/u;
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Whether the text can stand as a bare name: attribute, block, label, object key. */
export function isIdentifier(text: string): boolean {
  return wholeIdentifier.test(text) && !keywords.has(text);
}

/** Go's `strconv.IsPrint`: letters, marks, numbers, punctuation, symbols and the ASCII space. Takes one code point. */
export function isPrintable(character: string): boolean {
  return printable.test(character);
}

/** `U+0040 '@'`, as Go's `%#U` prints it; the quoted character is left out when it is not printable. */
export function describeCharacter(character: string): string {
  const shown = character.isWellFormed() ? character : "\u{fffd}";
  const hex = (shown.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return isPrintable(shown) ? `U+${hex} '${shown}'` : `U+${hex}`;
}
