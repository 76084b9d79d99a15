import { Buffer } from "node:buffer";
import { bytesFromText } from "@flameline/syntax";
import { ValueError } from "../schema/index.ts";

/** The alphabets of RFC 4648 sections 4 and 5. */
export type Base64Alphabet = "base64" | "base64url";

const digits: Readonly<Record<Base64Alphabet, RegExp>> = { base64: /^[A-Za-z0-9+/]$/, base64url: /^[A-Za-z0-9_-]$/ };

/** With padding, in either alphabet. */
export function encodeBase64(text: string, alphabet: Base64Alphabet): string {
  const encoded = Buffer.from(bytesFromText(text)).toString(alphabet);
  return encoded.padEnd(Math.ceil(encoded.length / 4) * 4, "=");
}

/**
 * Padding is required, line ends are skipped, bits that the padding leaves over are ignored.
 *
 * @throws {@link ValueError} that names the first wrong byte.
 */
export function decodeBase64(text: string, alphabet: Base64Alphabet): Uint8Array {
  const bytes = Buffer.from(bytesFromText(text));
  const wrong = firstWrongByte(bytes.toString("latin1"), digits[alphabet]);
  if (wrong !== undefined) throw new ValueError(`illegal base64 data at input byte ${wrong}`);
  return new Uint8Array(Buffer.from(bytes.toString("latin1"), alphabet));
}

/** Counts as the reference's decoder does, which names the start of a group that ends too early. */
function firstWrongByte(text: string, digit: RegExp): number | undefined {
  let inGroup = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (isLineEnd(character)) continue;
    if (digit.test(character)) {
      inGroup = (inGroup + 1) % 4;
      continue;
    }
    return character === "=" && inGroup >= 2 ? wrongAfterPadding(text, at + 1, inGroup) : at;
  }
  return inGroup === 0 ? undefined : text.length - inGroup;
}

/** `at` follows the first `=` of a group that has two or three digits; the text must end with the group. */
function wrongAfterPadding(text: string, at: number, inGroup: number): number | undefined {
  let next = skipLineEnds(text, at);
  if (inGroup === 2) {
    if (next >= text.length) return text.length;
    if (text[next] !== "=") return next - 1;
    next = skipLineEnds(text, next + 1);
  }
  return next < text.length ? next : undefined;
}

function skipLineEnds(text: string, from: number): number {
  let at = from;
  while (isLineEnd(text.charAt(at))) at += 1;
  return at;
}

function isLineEnd(character: string): boolean {
  return character === "\n" || character === "\r";
}
