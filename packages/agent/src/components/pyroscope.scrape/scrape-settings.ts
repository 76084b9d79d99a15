import type { ProfileType } from "./profile-type.ts";
import type { QueryParameters } from "./scrape-url.ts";

/** The arguments that decide what is asked of a target, and when. */
export interface ScrapeSettings {
  readonly jobName: string;
  readonly scheme: string;
  readonly params: QueryParameters;
  readonly pathPrefix: string;
  /** The enabled ones; names are distinct. */
  readonly profileTypes: readonly ProfileType[];
  readonly intervalMs: number;
  /** Of one request, on top of the time that the target measures. */
  readonly timeoutMs: number;
  /** {@link defaultDeltaDurationMs}: as long as the interval allows. */
  readonly deltaDurationMs: number;
}

/** The reference cannot tell this value from "not set" either: it stands for one second less than the interval. */
export const defaultDeltaDurationMs = 14_000;

/** For how many whole seconds a target measures when a profile type has the `delta` flag. */
export function measuredSeconds(settings: ScrapeSettings): number {
  if (settings.deltaDurationMs !== defaultDeltaDurationMs) return Math.floor(settings.deltaDurationMs / 1000);
  return Math.floor(settings.intervalMs / 1000) - 1;
}

/** What is wrong with the timing, in the reference's words. */
export function checkTiming(settings: ScrapeSettings): string | undefined {
  const { intervalMs, deltaDurationMs } = settings;
  if (settings.timeoutMs <= 0) return "scrape_timeout must be greater than 0";
  if (intervalMs <= 0) return "scrape_interval must be greater than 0";
  if (!settings.profileTypes.some(({ delta }) => delta)) return undefined;
  if (intervalMs < 2000) return "scrape_interval must be at least 2 seconds when using delta profiling";
  if (deltaDurationMs <= 1000) return "delta_profiling_duration must be larger than 1 second when using delta profiling";
  if (deltaDurationMs !== defaultDeltaDurationMs && deltaDurationMs > intervalMs - 1000) {
    return "delta_profiling_duration must be at least 1 second smaller than scrape_interval when using delta profiling";
  }
  return undefined;
}
