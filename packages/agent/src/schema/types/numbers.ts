import { MismatchError } from "../mismatch-error.ts";
import type { Numeric } from "../number-text.ts";
import { parseNumber } from "../number-text.ts";
import type { Type } from "../type.ts";
import type { Value } from "../value.ts";
import { Uint64 } from "../value.ts";

/** A whole number: floats lose their fraction, values outside int64 wrap around. Beyond 2^53 the decoded number is the nearest double. */
export const int: Type<number> = {
  doc: "int",
  expects: "number",
  zero: () => 0,
  decode: (value) => Number(BigInt.asIntN(64, wholePart(decodeNumber(value)))),
  encode: (value) => BigInt(Math.trunc(value)),
};

/** A whole number of 64 bits without sign; negative values wrap around. */
export const uint64: Type<bigint> = {
  doc: "uint64",
  expects: "number",
  zero: () => 0n,
  decode: (value) => BigInt.asUintN(64, wholePart(decodeNumber(value))),
  encode: (value) => new Uint64(value),
};

export const float: Type<number> = {
  doc: "float",
  expects: "number",
  zero: () => 0,
  decode(value) {
    const decoded = decodeNumber(value);
    return Number(decoded instanceof Uint64 ? decoded.value : decoded);
  },
  encode: (value) => value,
};

function decodeNumber(value: Value): Numeric {
  if (value === null) return 0n;
  if (typeof value === "bigint" || typeof value === "number" || value instanceof Uint64) return value;
  const parsed = typeof value === "string" ? parseNumber(value) : undefined;
  if (parsed === undefined) throw new MismatchError("number", value);
  return parsed;
}

/** What a processor's conversion gives for floats that no int64 holds. */
const indefinite = -(1n << 63n);

/** The number without its fraction, as 64-bit machines convert it. */
export function wholePart(value: Numeric): bigint {
  if (typeof value === "bigint") return value;
  if (value instanceof Uint64) return value.value;
  return Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : indefinite;
}
