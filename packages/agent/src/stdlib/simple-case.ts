/** Each character's simple lower-case form: one character for one, whatever its neighbours are. */
export function toLower(text: string): string {
  return Array.from(text, (character) => firstOf(character.toLowerCase())).join("");
}

/** Each character's simple upper-case form: characters whose upper case is several ones stay as they are. */
export function toUpper(text: string): string {
  return Array.from(text, (character) => simpleUpper(character)).join("");
}

/** U+0130 is the only character with a longer lower case; its simple one is the `i` without the dot above. */
function firstOf(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 0);
}

function simpleUpper(character: string): string {
  const upper = character.toUpperCase();
  if (Array.from(upper).length === 1) return upper;
  return titledGreek(character.codePointAt(0) ?? 0) ?? character;
}

/** Greek letters with iota subscript have upper-case forms of their own, which full case mapping spells as two letters. */
function titledGreek(code: number): string | undefined {
  if (code >= 0x1f80 && code <= 0x1faf) return String.fromCodePoint(code | 8);
  if (code === 0x1fb3 || code === 0x1fc3 || code === 0x1ff3) return String.fromCodePoint(code + 9);
  return undefined;
}
