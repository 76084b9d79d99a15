import { setTimeout as sleep } from "node:timers/promises";
import { longestTimerMs } from "./time-limit.ts";

/** Waits for a time on the clock of `performance.now()`, which may be further away than a timer can wait, or until the signal aborts. Never rejects. */
export async function waitUntil(time: number, signal: AbortSignal): Promise<void> {
  for (let rest = time - performance.now(); rest > 0 && !signal.aborted; rest = time - performance.now()) {
    await sleep(Math.min(rest, longestTimerMs), undefined, { signal }).catch(() => undefined);
  }
}
