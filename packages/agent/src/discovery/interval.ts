import { waitUntil } from "../http/wait-until.ts";

/**
 * Calls `work` at once and then at every multiple of the interval, never twice at the same time: moments that pass while it works are left out.
 * Resolves when `signal` aborts and the work under way has ended; rejects with what `work` throws before that.
 */
export async function everyInterval(intervalMs: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  const beganAt = performance.now();
  while (!signal.aborted) {
    await work();
    const passed = Math.floor((performance.now() - beganAt) / intervalMs);
    await waitUntil(beganAt + (passed + 1) * intervalMs, signal);
  }
}
