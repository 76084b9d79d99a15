import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffDelays } from "./backoff-delays.ts";

function take(count: number, delays: Generator<number, never>): readonly number[] {
  return Array.from({ length: count }, () => delays.next().value);
}

describe("backoffDelays()", () => {
  it("doubles its range until the upper end is the maximum", () => {
    expect(
      take(
        6,
        backoffDelays(500, 5000, () => 0),
      ),
    ).toEqual([500, 1000, 2000, 4000, 4000, 4000]);
    expect(
      take(
        6,
        backoffDelays(500, 5000, () => 0.5),
      ),
    ).toEqual([750, 1500, 3000, 4500, 4500, 4500]);
  });

  it("always waits the minimum when the maximum is not above it", () => {
    expect(
      take(
        3,
        backoffDelays(300, 100, () => 0.9),
      ),
    ).toEqual([300, 300, 300]);
    expect(
      take(
        3,
        backoffDelays(300, 300, () => 0.9),
      ),
    ).toEqual([300, 300, 300]);
  });

  it.each([0, -1000])("grows from a minimum of %d as well", (min) => {
    const delays = take(
      12,
      backoffDelays(min, 1000, () => 0.5),
    );
    expect(delays[0]).toBeGreaterThan(0);
    expect(delays.at(-1)).toBeGreaterThan(500);
  });

  it("stays between minimum and maximum", () => {
    const period = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(period, period, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (one, other, random) => {
        const [min, max] = [Math.min(one, other), Math.max(one, other)];
        for (const delay of take(
          40,
          backoffDelays(min, max, () => random),
        )) {
          expect(delay).toBeGreaterThanOrEqual(min);
          expect(delay).toBeLessThanOrEqual(max);
        }
      }),
    );
  });
});
