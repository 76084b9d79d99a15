import { bytesFromText } from "@flameline/syntax";

/** Order of two texts by their bytes: negative, zero or positive. */
export function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  if (!left.isWellFormed() || !right.isWellFormed()) return compareBytes(bytesFromText(left), bytesFromText(right));
  let at = 0;
  while (left.charCodeAt(at) === right.charCodeAt(at)) at += 1;
  if (at >= left.length || at >= right.length) return left.length - right.length;
  return byteRank(left.charCodeAt(at)) - byteRank(right.charCodeAt(at));
}

/** UTF-8 puts characters above U+FFFF last, UTF-16 puts their halves before U+E000. */
function byteRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
