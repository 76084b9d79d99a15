/**
 * The waits between attempts, in milliseconds, without end: each is random within a range that begins at [minMs, 2·minMs) and doubles until its upper
 * end has reached `maxMs`. A range without width (`maxMs` not above `minMs`) always gives `minMs`.
 */
export function* backoffDelays(minMs: number, maxMs: number, random: () => number = Math.random): Generator<number, never> {
  let low = minMs;
  let high = Math.min(2 * minMs, maxMs);
  for (;;) {
    yield low >= high ? low : low + random() * (high - low);
    if (high < maxMs) {
      low = Math.min(2 * low, maxMs);
      high = Math.min(2 * high, maxMs);
    }
  }
}
