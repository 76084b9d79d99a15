/** Below this a range could not grow by doubling. */
const leastMs = 1;

/**
 * The waits between attempts, in milliseconds, without end: each is random within a range that begins at [minMs, 2·minMs) and doubles until its upper
 * end has reached `maxMs`. A range without width (`maxMs` not above `minMs`) always gives `minMs`.
 * A `minMs` below 1 counts as 1.
 */
export function* backoffDelays(minMs: number, maxMs: number, random: () => number = Math.random): Generator<number, never> {
  let low = Math.max(minMs, leastMs);
  let high = Math.min(2 * low, maxMs);
  for (;;) {
    yield low >= high ? low : low + random() * (high - low);
    if (high < maxMs) {
      low = Math.min(2 * low, maxMs);
      high = Math.min(2 * high, maxMs);
    }
  }
}
