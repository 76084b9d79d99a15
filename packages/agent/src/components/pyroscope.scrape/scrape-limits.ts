/** The bounds of scraping. What is dropped because of one of them is counted, see `scrape-metrics.ts`. */
export interface ScrapeLimits {
  /** Largest answer of a target, bytes as they come over the wire. */
  readonly maxAnswerBytes: number;
  /** Largest profile after decompression, where it has to be looked into. */
  readonly maxProfileBytes: number;
  /** Profiles of one job that wait while an earlier one is being handed over; the oldest is dropped. */
  readonly maxWaitingProfiles: number;
  /** Bytes of all profiles of a component that wait or are being handed over. */
  readonly maxWaitingBytes: number;
  /** An endpoint that answered 404 twice in a row is asked this often, milliseconds. */
  readonly absentIntervalMs: number;
  /** A profile type of a target that was given up for want of memory (`delta_memory_limit`) rests at least so long, milliseconds. */
  readonly shedRestMs: number;
  /** One that was too large by itself is tried again after so long: the target may have been restarted. Milliseconds. */
  readonly shedRetryMs: number;
  /** How long handing over may still take when the component stops, milliseconds. */
  readonly stopGraceMs: number;
}

/**
 * Default of `delta_memory_limit`, bytes: two and a half times of what is remembered of 2,000 Go programs with the profiles of `bench/scrape.ts`.
 */
export const defaultDeltaMemoryBytes = 256 * 1024 * 1024;

export const defaultScrapeLimits: ScrapeLimits = {
  maxAnswerBytes: 64 * 1024 * 1024,
  maxProfileBytes: 64 * 1024 * 1024,
  maxWaitingProfiles: 4,
  maxWaitingBytes: 128 * 1024 * 1024,
  absentIntervalMs: 3_600_000,
  shedRestMs: 300_000,
  shedRetryMs: 3_600_000,
  stopGraceMs: 5000,
};
