import { describe, expect, it } from "vitest";
import { failure, mayPassLater, retryAfterMs } from "./failure.ts";

describe("retryAfterMs()", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");

  it.each([
    [undefined, undefined],
    ["3", 3000],
    ["0", undefined],
    ["Thu, 01 Jan 2026 00:00:07 GMT", 7000],
    ["Wed, 31 Dec 2025 23:59:59 GMT", undefined],
    ["soon", undefined],
    ["-5", undefined],
  ])("reads %j as %j", (value, wait) => {
    expect(retryAfterMs(value, now)).toBe(wait);
  });
});

describe("mayPassLater()", () => {
  it.each([
    [302, true],
    [407, true],
    [401, false],
    [413, false],
    [undefined, false],
  ])("says of a final answer with status %j: %j", (status, later) => {
    expect(mayPassLater(failure("unknown", "no", { retryable: false, ...(status !== undefined && { status }) }))).toBe(later);
  });
});
