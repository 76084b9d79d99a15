/** A set of code points: low and high end of each range, in order, ranges neither overlapping nor touching. */
export type CharSet = readonly number[];

const last = 0x10ffff;

export const anyChar: CharSet = [0, last];

/** The set of ranges in any order, as pairs of low and high end. */
export function charSet(ranges: readonly number[]): CharSet {
  const pairs: (readonly [number, number])[] = [];
  for (let at = 0; at < ranges.length; at += 2) pairs.push([ranges[at] ?? 0, ranges[at + 1] ?? 0]);
  const set: number[] = [];
  for (const [low, high] of pairs.sort(([a], [b]) => a - b)) {
    const previous = set.at(-1);
    if (previous !== undefined && low <= previous + 1) set[set.length - 1] = Math.max(previous, high);
    else set.push(low, high);
  }
  return set;
}

export function complement(set: CharSet): CharSet {
  const gaps: number[] = [];
  let next = 0;
  for (let at = 0; at < set.length; at += 2) {
    const low = set[at] ?? 0;
    if (low > next) gaps.push(next, low - 1);
    next = (set[at + 1] ?? 0) + 1;
  }
  if (next <= last) gaps.push(next, last);
  return gaps;
}

export function intersection(a: CharSet, b: CharSet): CharSet {
  const common: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const low = Math.max(a[i] ?? 0, b[j] ?? 0);
    const highA = a[i + 1] ?? 0;
    const highB = b[j + 1] ?? 0;
    const high = Math.min(highA, highB);
    if (low <= high) common.push(low, high);
    if (highA < highB) i += 2;
    else j += 2;
  }
  return common;
}

export function isAny(set: CharSet): boolean {
  return set[0] === 0 && set[1] === last;
}

/** With the other case of each letter, as RE2 folds: K and S also have the Kelvin sign and the long s. Undefined for letters beyond ASCII. */
export function caseFolded(set: CharSet): CharSet | undefined {
  if ((set.at(-1) ?? 0) >= 0x80) return undefined;
  const folded = [...set];
  const upper = intersection(set, [0x41, 0x5a]);
  const lower = intersection(set, [0x61, 0x7a]);
  for (const bound of upper) folded.push(bound + 0x20);
  for (const bound of lower) folded.push(bound - 0x20);
  const letters = charSet(folded);
  const has = (code: number): boolean => intersection(letters, [code, code]).length > 0;
  return charSet([...letters, ...(has(0x4b) ? [0x212a, 0x212a] : []), ...(has(0x53) ? [0x17f, 0x17f] : [])]);
}
