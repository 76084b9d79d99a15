import { waitUntil } from "../http/wait-until.ts";

/** Resolves when the signal aborts. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Calls `work` every `intervalMs` milliseconds, the first time after one of them and never while it is at work, until the signal aborts. */
export async function repeat(intervalMs: number, work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await waitUntil(performance.now() + intervalMs, signal);
    if (!signal.aborted) await work();
  }
}
