/** `FLAMELINE_FAULTS=full` runs the faults for as long as the issue asks; without it they are as short as still makes sense. */
const full = process.env["FLAMELINE_FAULTS"] === "full";

/** One of two figures: that of a full run, or that of every day. */
export function scaled(everyDay: number, whole: number): number {
  return full ? whole : everyDay;
}

/** How soon after the last fault profiles must be accepted and delivered again; the backoffs are scaled with it ({@link backoff}). */
export const recoveryLimitMs: number = scaled(12_000, 60_000);

/** Settings of an endpoint; those of a full run are the defaults. */
export const backoff: string = full ? "" : `min_backoff_period = "50ms"\nmax_backoff_period = "2s"\nremote_timeout = "2s"`;

export const perSecond = 20;

/** For a test that takes about so long by itself. */
export function timeoutFor(everyDayMs: number, wholeMs: number): number {
  return scaled(everyDayMs, wholeMs) + 2 * recoveryLimitMs + 30_000;
}
