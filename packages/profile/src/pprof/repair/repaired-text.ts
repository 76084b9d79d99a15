import { bytesOfText } from "../../text/bytes.ts";

/** The text, with a replacement character for each run of bytes that is not UTF-8. */
export function wellFormed(text: string): string {
  return text.isWellFormed() ? text : text.replace(/[\ud800-\udfff]+/gu, "\ufffd");
}

/** As many whole characters of the text as take at most `maxBytes` in UTF-8. */
export function truncated(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  const bytes = bytesOfText(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  // A byte 10xxxxxx continues a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return new TextDecoder().decode(bytes.subarray(0, end));
}

/** A label name that every server takes: other characters become `_`. Empty for a name that has none. */
export function labelName(name: string, maxBytes: number): string {
  return name.replace(/[^A-Za-z0-9_.]/gu, "_").slice(0, maxBytes);
}

/** The type of a profile as a metric's name: `[a-zA-Z_:][a-zA-Z0-9_:]*`. */
export function profileTypeName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_:]/gu, "_").replace(/^(?=[0-9])/, "_");
}
