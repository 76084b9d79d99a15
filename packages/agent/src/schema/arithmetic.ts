import type { Numeric } from "./number-text.ts";
import { Uint64, ValueError } from "./value.ts";

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%" | "^";

type Pair =
  | { readonly kind: "float"; readonly left: number; readonly right: number }
  | { readonly kind: "int"; readonly left: bigint; readonly right: bigint }
  | { readonly kind: "uint"; readonly left: bigint; readonly right: bigint };

/** Both numbers in the wider kind of the two: uint64 gives way to int64, int64 to float64. */
function promote(left: Numeric, right: Numeric): Pair {
  if (typeof left === "number" || typeof right === "number") return { kind: "float", left: toFloat(left), right: toFloat(right) };
  if (left instanceof Uint64 && right instanceof Uint64) return { kind: "uint", left: left.value, right: right.value };
  return { kind: "int", left: toInt(left), right: toInt(right) };
}

function toFloat(value: Numeric): number {
  return Number(value instanceof Uint64 ? value.value : value);
}

function toInt(value: bigint | Uint64): bigint {
  return value instanceof Uint64 ? BigInt.asIntN(64, value.value) : value;
}

/**
 * 64-bit arithmetic that wraps around. Division of whole numbers truncates toward zero, `%` has the dividend's sign. A negative power of a whole number is
 * a float (the reference gives the base back).
 *
 * @throws {@link ValueError} for a division by zero, with the right operand to blame.
 */
export function calculate(operator: ArithmeticOperator, left: Numeric, right: Numeric): Numeric {
  const pair = promote(left, right);
  if (pair.kind === "float") return calculateFloat(operator, pair.left, pair.right);
  if (operator === "^" && pair.right < 0n) return calculateFloat(operator, Number(pair.left), Number(pair.right));
  const result = calculateWhole(operator, pair.left, pair.right, pair.kind === "int" ? toSigned : toUnsigned);
  return pair.kind === "int" ? toSigned(result) : new Uint64(result);
}

function toSigned(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

function toUnsigned(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function calculateWhole(operator: ArithmeticOperator, left: bigint, right: bigint, wrap: (value: bigint) => bigint): bigint {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      if (right === 0n) throw divideByZero();
      return left / right;
    case "%":
      if (right === 0n) throw divideByZero();
      return left % right;
    default:
      return power(left, right, wrap);
  }
}

/** By squaring; wrapping each step is the same as wrapping the result. */
function power(base: bigint, exponent: bigint, wrap: (value: bigint) => bigint): bigint {
  let result = 1n;
  let square = base;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = wrap(result * square);
    square = wrap(square * square);
  }
  return result;
}

function calculateFloat(operator: ArithmeticOperator, left: number, right: number): number {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      if (right === 0) throw divideByZero();
      return left / right;
    case "%":
      if (right === 0) throw divideByZero();
      return left % right;
    default:
      if (left === 0 && right < 0) throw divideByZero(0);
      return left ** right;
  }
}

function divideByZero(operand = 1): ValueError {
  return new ValueError("divide by zero error", [], operand);
}

/** Negative, zero or positive; NaN when either is no number. */
export function compareNumbers(left: Numeric, right: Numeric): number {
  const pair = promote(left, right);
  if (pair.kind === "float") return pair.left < pair.right ? -1 : pair.left > pair.right ? 1 : pair.left === pair.right ? 0 : Number.NaN;
  return pair.left < pair.right ? -1 : pair.left > pair.right ? 1 : 0;
}

export function negate(value: Numeric): Numeric {
  return typeof value === "number" ? -value : toSigned(-toInt(value));
}
