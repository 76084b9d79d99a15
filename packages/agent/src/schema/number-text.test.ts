import { assert, double, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { formatNumber, formatNumberShort, parseNumber } from "./number-text.ts";
import { Uint64 } from "./value.ts";

describe("formatNumber", () => {
  it.each([
    [1e21, "1000000000000000000000"],
    [1.5e-7, "0.00000015"],
    [-2.5e22, "-25000000000000000000000"],
    [0.1, "0.1"],
    [-0, "-0"],
    [5n, "5"],
    [Infinity, "+Inf"],
    [-Infinity, "-Inf"],
    [Number.NaN, "NaN"],
  ])("prints %d without an exponent", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it("prints every float so that it reads back", () => {
    assert(
      property(double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = formatNumber(value);
        expect(text).toMatch(/^-?\d+(\.\d+)?$/);
        expect(Object.is(Number(text), value)).toBe(true);
      }),
    );
  });
});

describe("formatNumberShort", () => {
  it.each([
    [999_999, "999999"],
    [1e6, "1e+06"],
    [123_456_789, "1.23456789e+08"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1e100, "1e+100"],
    [1_000_000n, "1000000"],
  ])("prints %d as %s", (value, text) => {
    expect(formatNumberShort(value)).toBe(text);
  });
});

describe("parseNumber", () => {
  it.each([
    ["5", new Uint64(5n)],
    ["-5", -5n],
    ["9999999999999999999", new Uint64(9999999999999999999n)],
    ["1e3", 1000],
    ["5.7", 5.7],
    ["+5.5", 5.5],
    [".5", 0.5],
  ])("reads %s", (text, value) => {
    expect(parseNumber(text)).toEqual(value);
  });

  it.each(["", "-5.5", "0x10", "+5", " 5", "1_000", "5s", "e", ".", "1e400", "18446744073709551616", "-9223372036854775809", "Infinite"])(
    "takes %j for no number",
    (text) => {
      expect(parseNumber(text)).toBeUndefined();
    },
  );
});
