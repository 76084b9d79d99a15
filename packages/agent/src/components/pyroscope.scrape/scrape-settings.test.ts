import { describe, expect, it } from "vitest";
import { builtinProfileTypes } from "./profile-type.ts";
import { checkTiming, type ScrapeSettings } from "./scrape-settings.ts";

function settings(changes: Partial<ScrapeSettings>): ScrapeSettings {
  const { memory, process_cpu } = builtinProfileTypes;
  const fixed = { jobName: "", scheme: "http", params: new Map(), pathPrefix: "", profileTypes: [memory, process_cpu] };
  return { ...fixed, intervalMs: 15_000, timeoutMs: 10_000, deltaDurationMs: 14_000, ...changes };
}

const withoutDelta = { profileTypes: [builtinProfileTypes.memory] };

describe("checkTiming()", () => {
  it.each([
    [{}],
    [{ timeoutMs: 60_000 }],
    // The default duration follows a shorter interval.
    [{ intervalMs: 10_000 }],
    [{ intervalMs: 2000 }],
    [{ intervalMs: 17_000, deltaDurationMs: 16_000 }],
    [{ intervalMs: 1000, deltaDurationMs: 500, ...withoutDelta }],
  ])("accepts %j", (changes) => {
    expect(checkTiming(settings(changes))).toBeUndefined();
  });

  it.each([
    [{ timeoutMs: 0, intervalMs: 0 }, "scrape_timeout must be greater than 0"],
    [{ intervalMs: 0 }, "scrape_interval must be greater than 0"],
    [{ intervalMs: -1, ...withoutDelta }, "scrape_interval must be greater than 0"],
    [{ intervalMs: 1999 }, "scrape_interval must be at least 2 seconds when using delta profiling"],
    [{ deltaDurationMs: 1000 }, "delta_profiling_duration must be larger than 1 second when using delta profiling"],
    [
      { deltaDurationMs: 15_000 },
      "delta_profiling_duration must be at least 1 second smaller than scrape_interval when using delta profiling",
    ],
  ])("refuses %j", (changes, problem) => {
    expect(checkTiming(settings(changes))).toBe(problem);
  });
});
