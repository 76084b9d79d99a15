import { describe, expect, it } from "vitest";
import type { Endpoint } from "./endpoint.ts";
import { TenantPace } from "./tenant-pace.ts";

function paceOf(settings: Partial<Endpoint> = {}): TenantPace {
  return new TenantPace({
    url: "http://sink",
    remoteTimeoutMs: 1000,
    minBackoffMs: 100,
    maxBackoffMs: 300_000,
    maxAttempts: 10,
    retryTooManyRequests: true,
    headers: [],
    ...settings,
  });
}

describe("TenantPace", () => {
  it("pauses a tenant longer with each failure, for half a minute at most", () => {
    const pace = paceOf({ maxAttempts: 0 });
    const pauses = Array.from(
      { length: 12 },
      (_, index) => (pace.failed("a", index * 100_000, index * 100_000, "tenant") ?? 0) - index * 100_000,
    );
    for (const [index, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual(Math.min(100 * 2 ** index, 30_000));
      expect(pause).toBeLessThanOrEqual(Math.min(200 * 2 ** index, 30_000));
    }
  });

  it("holds up nobody for the first failure of a server that answers, but for the next in a row", () => {
    const pace = paceOf();
    expect(pace.failed("a", 0, 10, "either")).toBeUndefined();
    expect(pace.failed("a", 5, 20, "either")).toBeUndefined();
    expect(pace.isTroubled("a")).toBe(false);
    pace.succeeded("a");
    expect(pace.failed("a", 30, 40, "either")).toBeUndefined();
    expect(pace.failed("a", 41, 42, "profile")).toBeUndefined();
    expect(pace.failed("a", 50, 60, "either")).toBeGreaterThan(60);
    expect(pace.isTroubled("a")).toBe(true);
  });

  it("waits for a server that answers by how long nothing got through, a second at first", () => {
    const pace = paceOf({ maxAttempts: 0 });
    const pause = (now: number, blame: "either" | "profile"): number => (pace.failed("a", now, now, blame) ?? now) - now;
    const first = Array.from({ length: 40 }, (_, index) => pause(index * 100, index % 3 === 0 ? "either" : "profile"));
    expect(Math.max(...first)).toBe(1000);
    expect(pause(40_000, "profile")).toBe(10_000);
    expect(pause(40_000, "either")).toBe(10_000);
    expect(pause(1_000_000, "either")).toBe(30_000);
    pace.succeeded("a");
    expect([pause(1_000_000, "either"), pause(1_000_100, "either")]).toEqual([0, expect.closeTo(300, -3)]);
  });

  it("counts failures of attempts that were under way together once", () => {
    const pace = paceOf();
    for (let index = 0; index < 32; index += 1) pace.failed("a", 0, 10, "tenant");
    expect(pace.failed("a", 5, 20, "tenant")).toBeLessThanOrEqual(220);
    expect(pace.failed("a", 20, 30, "tenant")).toBeGreaterThanOrEqual(230);
  });

  it("begins anew after a success and after a round of tries", () => {
    const pace = paceOf({ maxAttempts: 3 });
    pace.failed("a", 0, 0, "tenant");
    expect(pace.isTroubled("a")).toBe(true);
    pace.succeeded("a");
    expect(pace.isTroubled("a")).toBe(false);
    expect(pace.failed("a", 10, 10, "tenant")).toBeLessThanOrEqual(210);
    expect(pace.backoffMs(3)).toBeGreaterThanOrEqual(400);
    expect(pace.backoffMs(4)).toBeLessThanOrEqual(200);
  });

  it("tries what fails because its server does within half a minute, what fails alone later and later", () => {
    const pace = paceOf();
    let now = 0;
    for (let attempts = 0; attempts < 10; attempts += 1) {
      pace.failed("a", now, now, "tenant");
      const next = pace.nextTry("a", attempts, now);
      expect(next - now).toBeLessThan(30_001);
      now = next;
    }
    pace.succeeded("a");
    pace.failed("a", now, now, "tenant");
    expect(pace.nextTry("a", 9, now) - now).toBeGreaterThan(30_000);
  });

  it("remembers at most 10,000 tenants, those that failed last", () => {
    const pace = paceOf();
    for (let index = 0; index <= 10_000; index += 1) pace.failed(`t${index}`, 0, 0, "tenant");
    pace.failed("t1", 0, 0, "tenant");
    pace.failed("new", 0, 0, "tenant");
    expect(["t0", "t1", "t2", "t3", "new"].map((tenant) => pace.isTroubled(tenant))).toEqual([false, true, false, true, true]);
  });
});
