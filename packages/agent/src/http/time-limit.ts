/** What a timer of Node can wait for at most, in milliseconds; it fires at once when it should wait longer. */
export const longestTimerMs: number = 2 ** 31 - 1;

/** A time limit as whole milliseconds that Node's timers and servers take; 0, no limit, for negative ones as in Go, and for those above 24 days. */
export function timeLimit(milliseconds: number): number {
  return milliseconds > 0 && milliseconds <= longestTimerMs ? Math.ceil(milliseconds) : 0;
}
