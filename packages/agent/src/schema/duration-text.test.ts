import { assert, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "./duration-text.ts";

const failure = (text: string): string => {
  try {
    return String(parseDuration(text));
  } catch (error) {
    return String(error);
  }
};

describe("parseDuration", () => {
  it.each([
    ["15s", 15_000],
    ["1h5m3.5s", 3_903_500],
    ["-1.5h", -5_400_000],
    ["+.5s", 500],
    ["1.s", 1000],
    ["100us", 0.1],
    ["1µs", 0.001],
    ["1μs", 0.001],
    ["1ns", 0.000001],
    ["0", 0],
    ["-0", 0],
    ["2562047h47m16.854775807s", Infinity],
  ])("%s is %d ms", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each([
    ["", 'Error: time: invalid duration ""'],
    ["x", 'Error: time: invalid duration "x"'],
    ["-", 'Error: time: invalid duration "-"'],
    [".s", 'Error: time: invalid duration ".s"'],
    ["5", 'Error: time: missing unit in duration "5"'],
    ["1d", 'Error: time: unknown unit "d" in duration "1d"'],
    ['1"é', 'Error: time: unknown unit "\\"\\xc3\\xa9" in duration "1\\"\\xc3\\xa9"'],
    ["2562048h", 'Error: time: invalid duration "2562048h"'],
  ])("refuses %j", (text, message) => {
    expect(failure(text)).toBe(message);
  });
});

describe("formatDuration", () => {
  it.each([
    [0, "0s"],
    [100, "100ms"],
    [1.5, "1.5ms"],
    [0.0015, "1.5µs"],
    [0.000001, "1ns"],
    [60_000, "1m0s"],
    [3_903_500, "1h5m3.5s"],
    [-15_000, "-15s"],
    [Infinity, "2562047h47m16.854775807s"],
  ])("%d ms is %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it("is read back exactly up to 50 days in nanoseconds and beyond in milliseconds", () => {
    const day = 86_400_000;
    assert(
      property(integer({ min: -50 * day, max: 50 * day }), integer({ min: 0, max: 999_999 }), (milliseconds, nanoseconds) => {
        const text = formatDuration(milliseconds + nanoseconds / 1e6);
        expect(formatDuration(parseDuration(text))).toBe(text);
      }),
    );
    assert(
      property(integer({ min: 0, max: 9_000_000_000_000 }), (milliseconds) => {
        expect(parseDuration(formatDuration(milliseconds))).toBe(milliseconds);
      }),
    );
  });
});
