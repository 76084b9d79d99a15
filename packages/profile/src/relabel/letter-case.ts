/**
 * Upper and lower case by Unicode's simple mappings, character by character as Go does it: the number of characters never changes, and a sigma at the
 * end of a word is no special case. JavaScript's own methods use the full mappings (`ß` becomes `SS`).
 */
export function toUpperCase(text: string): string {
  return isAscii.test(text) ? text.toUpperCase() : Array.from(text, upperCharacter).join("");
}

export function toLowerCase(text: string): string {
  return isAscii.test(text) ? text.toLowerCase() : Array.from(text, lowerCharacter).join("");
}

const isAscii = /^[\0-\x7f]*$/;

function upperCharacter(character: string): string {
  const upper = character.toUpperCase();
  return isOneCharacter(upper) ? upper : (iotaCapital(character.charCodeAt(0)) ?? character);
}

/** Of all characters only U+0130 has a full mapping to lower case that differs from the simple one. */
function lowerCharacter(character: string): string {
  return character === "\u0130" ? "i" : character.toLowerCase();
}

function isOneCharacter(text: string): boolean {
  return text.length === 1 || (text.length === 2 && (text.codePointAt(0) ?? 0) > 0xffff);
}

/** Greek small letters with iota subscript: their simple upper case is the capital with the iota beside it. */
function iotaCapital(code: number): string | undefined {
  const small = (code >= 0x1f80 && code <= 0x1faf && (code & 8) === 0) || code === 0x1fb3 || code === 0x1fc3 || code === 0x1ff3;
  return small ? String.fromCharCode(code + (code < 0x1fb0 ? 8 : 9)) : undefined;
}
