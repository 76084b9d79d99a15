import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scrapePhase, untilFollowingScrape, untilNextScrape } from "./scrape-phase.ts";

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

describe("untilFollowingScrape()", () => {
  it("takes a turn that a clock shows a little early or late for what it is", () => {
    for (const off of [-30, -1, 0, 1, 30]) expect(untilFollowingScrape(15_000_000 + 700 + off, 15_000, 700)).toBe(15_000 - off);
  });

  it("comes back to the phase after the clock has jumped", () => {
    fc.assert(
      fc.property(times, intervals, (now, interval) => {
        const phase = scrapePhase("x", interval);
        const wait = untilFollowingScrape(now, interval, phase);
        expect(wait).toBeGreaterThanOrEqual(interval / 2);
        expect(wait).toBeLessThan(interval * 1.5);
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
