/**
 * The place of a job within the interval, in milliseconds: the same in every run and on every instance, spread evenly over all jobs.
 */
export function scrapePhase(key: string, intervalMs: number): number {
  return Math.floor((fnv1a(key) / 2 ** 32) * intervalMs);
}

/** How long from `now` (milliseconds since 1970) until the job's next turn: more than 0, at most one interval. */
export function untilNextScrape(now: number, intervalMs: number, phase: number): number {
  const passed = (now - phase) % intervalMs;
  return intervalMs - (passed < 0 ? passed + intervalMs : passed);
}

/**
 * {@link untilNextScrape} for a job whose turn is now: at least half an interval, because clocks differ a little and the present turn must not come
 * twice; less than one and a half.
 */
export function untilFollowingScrape(now: number, intervalMs: number, phase: number): number {
  const wait = untilNextScrape(now, intervalMs, phase);
  return wait < intervalMs / 2 ? wait + intervalMs : wait;
}

/** FNV-1a with a final mixing step (from MurmurHash3), because keys that differ only at their end would lie close together otherwise. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
