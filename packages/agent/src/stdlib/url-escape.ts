import { Buffer } from "node:buffer";
import { bytesFromText, quote, textFromBytes } from "@flameline/syntax";
import { ValueError } from "../schema/index.ts";

/** A text as a part of a query: all but ASCII letters, digits and `-_.~` as `%XX`, a blank as `+`. */
export function escapeQuery(text: string): string {
  return Array.from(bytesFromText(text), (byte) => {
    const character = String.fromCharCode(byte);
    if (/[A-Za-z0-9_.~-]/.test(character)) return character;
    return byte === 0x20 ? "+" : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}

/** The inverse of {@link escapeQuery}. @throws {@link ValueError} for a `%` without two hexadecimal digits. */
export function unescapeQuery(text: string): string {
  const parts: Uint8Array[] = [];
  for (const [part, escape] of text.matchAll(/%([0-9a-fA-F]{2})|%[^]{0,2}|[^%]+/g)) {
    if (escape !== undefined) parts.push(Uint8Array.of(Number.parseInt(escape, 16)));
    else if (part.startsWith("%")) throw new ValueError(`invalid URL escape ${quote(part)}`);
    else parts.push(bytesFromText(part.replaceAll("+", " ")));
  }
  return textFromBytes(Buffer.concat(parts));
}
