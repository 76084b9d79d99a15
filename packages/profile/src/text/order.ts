import { bytesOfText } from "./bytes.ts";

/** Order of two texts by their UTF-8 bytes, as Go sorts strings; UTF-16 order differs from it above U+D7FF. Negative, zero or positive. */
export function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    return left < 0xd800 && right < 0xd800 ? left - right : compareBytes(bytesOfText(a), bytesOfText(b));
  }
  return a.length - b.length;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
