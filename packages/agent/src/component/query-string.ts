/**
 * Query strings as the reference reads and writes them (Go's net/url): `+` is a space, a pair with `;` or a broken escape is left out, and writing
 * sorts by name. Names and values are texts as `@flameline/syntax` describes: bytes that are not UTF-8 survive.
 */
import { bytesFromText, textFromBytes } from "@flameline/syntax";

export type QueryPair = readonly [name: string, value: string];

/** The pairs of a query (without `?`, as received: one code unit per byte), in order. */
export function parseQuery(query: string): readonly QueryPair[] {
  const pairs: QueryPair[] = [];
  for (const part of query.split("&")) {
    if (part === "" || part.includes(";")) continue;
    const equals = part.indexOf("=");
    const name = unescapePart(equals < 0 ? part : part.slice(0, equals));
    const value = equals < 0 ? "" : unescapePart(part.slice(equals + 1));
    if (name !== undefined && value !== undefined) pairs.push([name, value]);
  }
  return pairs;
}

/** The first value of a name, undefined when there is none. */
export function firstValue(pairs: readonly QueryPair[], name: string): string | undefined {
  return pairs.find(([key]) => key === name)?.[1];
}

/** The query of these pairs, sorted by name; pairs of the same name keep their order. */
export function encodeQuery(pairs: readonly QueryPair[]): string {
  return pairs
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${escapePart(name)}=${escapePart(value)}`)
    .join("&");
}

function unescapePart(part: string): string | undefined {
  if (!/[%+\u{80}-\u{ff}]/u.test(part)) return part;
  const bytes = new Uint8Array(part.length);
  let length = 0;
  for (let at = 0; at < part.length; at += 1) {
    const unit = part.charCodeAt(at);
    if (unit !== 0x25) {
      bytes[length++] = unit === 0x2b ? 0x20 : unit;
      continue;
    }
    const hex = part.slice(at + 1, at + 3);
    if (!/^[0-9a-f]{2}$/i.test(hex)) return undefined;
    bytes[length++] = Number.parseInt(hex, 16);
    at += 2;
  }
  return textFromBytes(bytes.subarray(0, length));
}

function escapePart(text: string): string {
  if (/^[\w.~-]*$/.test(text)) return text;
  if (!text.isWellFormed()) return escapeBytes(bytesFromText(text));
  return encodeURIComponent(text).replace(/%20|[!'()*]/g, (found) => (found === "%20" ? "+" : percent(found.charCodeAt(0))));
}

function escapeBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => {
    const char = String.fromCharCode(byte);
    if (/[\w.~-]/.test(char)) return char;
    return byte === 0x20 ? "+" : percent(byte);
  }).join("");
}

function percent(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
}
