import type { Profile } from "@flameline/profile";
import type { CpuUsage } from "./cpu-profile.ts";
import { cpuProfile } from "./cpu-profile.ts";

export interface CpuProfilerOptions {
  readonly seconds: number;
  /** Samples per second; 100 as in Go. */
  readonly hertz?: number;
  /** Ends the recording early; what was recorded until then is the result. */
  readonly signal?: AbortSignal;
}

/**
 * Samples the calling thread for `seconds`. Several recordings may run at the same time. Stopping costs some milliseconds of the thread; running at
 * 100 Hz costs nothing that could be measured.
 */
export async function recordCpuProfile({ seconds, hertz = 100, signal }: CpuProfilerOptions): Promise<Profile> {
  const { Session } = await import("node:inspector/promises");
  const intervalUs = Math.round(1_000_000 / hertz);
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: intervalUs });
    const startedAt = Date.now();
    const before = cpuUsage();
    await session.post("Profiler.start");
    await sleep(seconds * 1000, signal);
    const { profile } = await session.post("Profiler.stop");
    const after = cpuUsage();
    return cpuProfile(profile, { thread: after.thread - before.thread, process: after.process - before.process }, startedAt, intervalUs);
  } finally {
    session.disconnect();
  }
}

function cpuUsage(): CpuUsage {
  const thread = process.threadCpuUsage();
  const all = process.cpuUsage();
  return { thread: thread.user + thread.system, process: all.user + all.system };
}

/** Resolves after the time, or when the signal aborts. The timer does not keep the process alive. */
function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    timer.unref();
    signal?.addEventListener("abort", done, { once: true });
    if (signal?.aborted === true) done();
  });
}
