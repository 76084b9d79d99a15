/** Below this a range could not grow by doubling. */
const leastMs = 1;

/** After so many doublings every range has reached its end. */
const maxDoublings = 60;

/**
 * The range of the n-th wait (from 1) in milliseconds: it begins at [minMs, 2·minMs) and doubles until its upper end has reached `maxMs`. A range without
 * width (`maxMs` not above `minMs`) always is `minMs`. A `minMs` below 1 counts as 1.
 */
export function backoffRange(minMs: number, maxMs: number, wait: number): { readonly low: number; readonly high: number } {
  let low = Math.max(minMs, leastMs);
  let high = Math.min(2 * low, maxMs);
  for (let doubled = 1; doubled < Math.min(wait, maxDoublings) && high < maxMs; doubled += 1) {
    low = Math.min(2 * low, maxMs);
    high = Math.min(2 * high, maxMs);
  }
  return { low, high };
}

/** The waits between attempts, in milliseconds, without end: each is random within its {@link backoffRange}. */
export function* backoffDelays(minMs: number, maxMs: number, random: () => number = Math.random): Generator<number, never> {
  for (let wait = 1; ; wait += 1) {
    const { low, high } = backoffRange(minMs, maxMs, wait);
    yield low >= high ? low : low + random() * (high - low);
  }
}
