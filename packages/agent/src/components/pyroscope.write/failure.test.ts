import { describe, expect, it } from "vitest";
import { retryAfterMs } from "./failure.ts";

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
