import { assert, bigInt, double, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { type ArithmeticOperator, calculate, compareNumbers } from "./arithmetic.ts";
import { Uint64 } from "./value.ts";

const int64 = bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });
const uint64 = bigInt({ min: 0n, max: (1n << 64n) - 1n });

const exact: Readonly<Record<Exclude<ArithmeticOperator, "^">, (left: bigint, right: bigint) => bigint>> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => left / right,
  "%": (left, right) => left % right,
};

describe("calculate", () => {
  it.each(["+", "-", "*", "/", "%"] as const)("%s of int64 is the exact result modulo 2^64", (operator) => {
    assert(
      property(int64, int64, (left, right) => {
        if (right === 0n && (operator === "/" || operator === "%")) return;
        expect(calculate(operator, left, right)).toBe(BigInt.asIntN(64, exact[operator](left, right)));
      }),
    );
  });

  it.each(["+", "-", "*"] as const)("%s of uint64 is the exact result modulo 2^64", (operator) => {
    assert(
      property(uint64, uint64, (left, right) => {
        expect(calculate(operator, new Uint64(left), new Uint64(right))).toEqual(new Uint64(exact[operator](left, right)));
      }),
    );
  });

  it("raises whole numbers by repeated multiplication", () => {
    assert(
      property(int64, bigInt({ min: 0n, max: 200n }), (base, exponent) => {
        expect(calculate("^", base, exponent)).toBe(BigInt.asIntN(64, base ** exponent));
      }),
    );
  });

  it("ends for the largest exponent", () => {
    expect(calculate("^", 3n, (1n << 63n) - 1n)).toBeTypeOf("bigint");
  });

  it("is float64 as soon as one side is", () => {
    assert(
      property(int64, double({ noNaN: true }), (left, right) => {
        expect(calculate("+", left, right)).toBe(Number(left) + right);
      }),
    );
  });

  it("turns uint64 into int64 beside int64", () => {
    expect(calculate("+", new Uint64((1n << 64n) - 1n), 0n)).toBe(-1n);
  });
});

describe("compareNumbers", () => {
  it("orders int64 as whole numbers, where doubles are equal", () => {
    expect(compareNumbers(9007199254740993n, 9007199254740992n)).toBe(1);
    expect(compareNumbers(9007199254740993n, 9007199254740992)).toBe(0);
  });

  it("finds no order for what is no number", () => {
    expect(compareNumbers(Number.NaN, 1)).toBeNaN();
  });
});
