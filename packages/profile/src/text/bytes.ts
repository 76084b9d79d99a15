/**
 * Byte strings in JavaScript strings, as the configuration language has them: a byte that is not part of valid UTF-8 is the lone surrogate
 * U+DC80 + (byte - 0x80). "Is valid UTF-8" is `text.isWellFormed()`.
 */
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** The text of `bytes`; the inverse of {@link bytesOfText}. */
export function textOfBytes(bytes: Uint8Array): string {
  return decodeUtf8(bytes) ?? textOfBrokenBytes(bytes);
}

/** The text of valid UTF-8, undefined for anything else. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

function textOfBrokenBytes(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at] ?? 0;
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const character = decodeUtf8(bytes.subarray(at, at + length));
    text += character ?? String.fromCharCode(0xdc00 + first);
    at += character === undefined ? 1 : length;
  }
  return text;
}

/** The bytes of a text. */
export function bytesOfText(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  const parts = text.split(loneSurrogate);
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  for (const part of parts) {
    const carried = part.length === 1 ? part.charCodeAt(0) - 0xdc00 : -1;
    if (carried >= 0x80 && carried <= 0xff) bytes[length++] = carried;
    else length += encoder.encodeInto(part, bytes.subarray(length)).written;
  }
  return bytes.slice(0, length);
}

/** With the group, `split` keeps the surrogates; `u` keeps pairs together. */
const loneSurrogate = /([\ud800-\udfff])/u;
