import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scrapePhase, untilNextScrape } from "./scrape-phase.ts";

const times = fc.integer({ min: 0, max: 2 ** 43 });
const intervals = fc.integer({ min: 1, max: 86_400_000 });

describe("untilNextScrape()", () => {
  it("meets the phase within one interval", () => {
    fc.assert(
      fc.property(times, intervals, fc.string(), (now, interval, key) => {
        const phase = scrapePhase(key, interval);
        const wait = untilNextScrape(now, interval, phase);
        expect(wait).toBeGreaterThan(0);
        expect(wait).toBeLessThanOrEqual(interval);
        expect((now + wait) % interval).toBe(phase);
      }),
    );
  });
});

describe("scrapePhase()", () => {
  it("spreads the jobs of many targets over the interval", () => {
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let port = 1000; port < 6000; port += 1) {
      const tenth = Math.floor(scrapePhase(`http://10.0.0.1:${port}/debug/pprof/profile`, 15_000) / 1500);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) expect(count).toBeGreaterThan(400);
    for (const count of tenths) expect(count).toBeLessThan(600);
  });
});
