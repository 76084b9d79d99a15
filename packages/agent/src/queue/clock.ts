/** The two clocks of a queue, in milliseconds. */
export interface QueueClock {
  /** Since 1970. May jump. */
  now(): number;
  /** Never jumps. */
  monotonic(): number;
}

/** Unit of {@link birthOf}. */
const birthUnitMs = 100;
const maxBirth = 2 ** 31 - 1;

/** When the age of something was zero on the monotonic clock, in a form that 32 bits hold. An age below zero counts as zero. */
export function birthOf(clock: QueueClock, createdAt: number): number {
  const age = Math.max(0, clock.now() - createdAt);
  return Math.max(-maxBirth, Math.floor((clock.monotonic() - age) / birthUnitMs));
}

/**
 * The age of something in milliseconds: by the wall clock or by the monotonic clock since it was appended (or found when the queue was opened, with the age
 * that it had by the wall clock then), whichever is less; a negative one by the wall clock does not count. So a wall clock that jumps forward makes nothing
 * old, one that jumps back keeps nothing for longer than until it would have been old, and what waits while the machine sleeps is not old when it wakes.
 */
export function ageOf(clock: QueueClock, createdAt: number, bornAt: number): number {
  const wall = clock.now() - createdAt;
  const monotonic = clock.monotonic() - bornAt * birthUnitMs;
  return wall < 0 ? monotonic : Math.min(wall, monotonic);
}
