import { textFromBytes } from "./text.ts";

/** Longer marks first: that of UTF-32 begins like that of UTF-16. */
const byteOrderMarks: readonly { readonly name: string; readonly bytes: readonly number[] }[] = [
  { name: "UTF8", bytes: [0xef, 0xbb, 0xbf] },
  { name: "UTF32BigEndian", bytes: [0x00, 0x00, 0xfe, 0xff] },
  { name: "UTF32LittleEndian", bytes: [0xff, 0xfe, 0x00, 0x00] },
  { name: "UTF16BigEndian", bytes: [0xfe, 0xff] },
  { name: "UTF16LittleEndian", bytes: [0xff, 0xfe] },
];

/**
 * Why the bytes of a configuration file cannot be UTF-8, or undefined. Commands that load a configuration ask this first, because one sentence
 * about the whole file helps more than an illegal character on every line.
 */
export function checkEncoding(bytes: Uint8Array): string | undefined {
  const mark = byteOrderMarks.find((candidate) => candidate.bytes.every((byte, index) => bytes[index] === byte));
  if (mark !== undefined) return mark.name === "UTF8" ? undefined : `configuration is encoded with ${mark.name} but must be utf8`;
  return textFromBytes(bytes).isWellFormed() ? undefined : "unknown encoding for config";
}
