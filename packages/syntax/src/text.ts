/**
 * Byte strings in JavaScript strings.
 *
 * The configuration language works on bytes (`"\xff"` is one byte, columns count bytes), JavaScript on UTF-16. A text of ours is a JavaScript
 * string in which each byte that is not part of valid UTF-8 is carried as the lone surrogate U+DC80 + (byte - 0x80). Valid UTF-8 never decodes to
 * a lone surrogate, so the mapping is reversible and "is valid UTF-8" is "has no lone surrogate".
 */
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The text of `bytes`; every byte that is not valid UTF-8 becomes one lone surrogate. */
export function textFromBytes(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return textFromBrokenBytes(bytes);
  }
}

function textFromBrokenBytes(bytes: Uint8Array): string {
  const parts: string[] = [];
  let valid = 0;
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    parts.push(strict.decode(bytes.subarray(valid, at)), String.fromCharCode(0xdc00 + (bytes[at] ?? 0)));
    at += 1;
    valid = at;
  }
  parts.push(strict.decode(bytes.subarray(valid, at)));
  return parts.join("");
}

/** Length of the well-formed UTF-8 sequence at `at` (Unicode 15, table 3-7), 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  for (let next = at + 1; next < at + length; next += 1) {
    if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  const second = bytes[at + 1] ?? 0;
  if ((first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f)) return 0;
  if ((first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f)) return 0;
  return length;
}

/** The bytes of a text; the inverse of {@link textFromBytes}. */
export function bytesFromText(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  let plain = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const byte = at < text.length ? carriedByte(text, at) : -1;
    if (byte < 0 && at < text.length) continue;
    length += encoder.encodeInto(text.slice(plain, at), bytes.subarray(length)).written;
    if (byte >= 0) bytes[length++] = byte;
    plain = at + 1;
  }
  return bytes.slice(0, length);
}

/** The byte that a lone surrogate at `at` carries, -1 when the code unit is ordinary text. */
function carriedByte(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit < 0xdc80 || unit > 0xdcff) return -1;
  const before = at > 0 ? text.charCodeAt(at - 1) : 0;
  return before >= 0xd800 && before <= 0xdbff ? -1 : unit - 0xdc00;
}

/** The one spelling of a text: carried bytes that form valid UTF-8 together (after a concatenation, say) become the characters they spell. */
export function normalizeText(text: string): string {
  return text.isWellFormed() ? text : textFromBytes(bytesFromText(text));
}

/** How many bytes the text has in the form of {@link bytesFromText}. */
export function byteLength(text: string): number {
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) length += 1;
    else if (unit < 0x800) length += 2;
    else if (unit >= 0xd800 && unit <= 0xdbff) {
      length += 4;
      at += 1;
    } else if (unit >= 0xdc80 && unit <= 0xdcff) length += 1;
    else length += 3;
  }
  return length;
}
