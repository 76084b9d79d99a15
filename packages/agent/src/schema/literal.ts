import { type Literal, unquote } from "@flameline/syntax";
import { Uint64, type Value, ValueError } from "./value.ts";

/**
 * The value of a literal. Whole numbers are int64, above that uint64, above that float64. A leading zero makes a number octal (`017` is 15), unless it has
 * a digit that no octal number has (`08` is 8).
 *
 * @throws {@link ValueError} for a number beyond float64.
 */
export function literalValue(literal: Literal): Value {
  switch (literal.literal) {
    case "null":
      return null;
    case "bool":
      return literal.raw === "true";
    case "string":
      return unquote(literal.raw);
    case "number":
      return wholeNumber(literal.raw);
    default:
      return floatingNumber(literal.raw);
  }
}

const maxInt64 = (1n << 63n) - 1n;
const maxUint64 = (1n << 64n) - 1n;

function wholeNumber(raw: string): Value {
  const value = BigInt(/^0[0-7]+$/.test(raw) ? `0o${raw}` : raw);
  if (value <= maxInt64) return value;
  return value <= maxUint64 ? new Uint64(value) : floatingNumber(raw);
}

function floatingNumber(raw: string): number {
  const value = Number(raw);
  if (!Number.isFinite(value)) throw new ValueError("value out of range");
  return value;
}
