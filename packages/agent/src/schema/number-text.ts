import { Uint64 } from "./value.ts";

/** A number of the language: int64, float64 or uint64. */
export type Numeric = bigint | number | Uint64;

/** Decimal digits without an exponent, the shortest that read back as the same number: `1000000000000000000000`, `0.1`, `-0`, `+Inf`. */
export function formatNumber(value: Numeric): string {
  if (value instanceof Uint64) return value.value.toString();
  if (typeof value === "bigint") return value.toString();
  return formatFloat(value);
}

function formatFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const text = Object.is(value, -0) ? "-0" : String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = "", first = "", fraction = "", power = ""] = match;
  const exponent = Number(power);
  const digits = first + fraction;
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  return sign + digits.padEnd(exponent + 1, "0");
}

/**
 * The shortest form with an exponent for large and small floats, as Go's default formatting prints a number: `1e+06`, `1e-05`, `1.5`. What targets and
 * `string.format` show.
 */
export function formatNumberShort(value: Numeric): string {
  if (typeof value !== "number" || value === 0 || !Number.isFinite(value)) return formatNumber(value);
  const scientific = value.toExponential();
  const exponent = Number(scientific.slice(scientific.indexOf("e") + 1));
  return exponent < -4 || exponent >= 6 ? scientific.replace(/e([+-])(\d)$/, "e$10$2") : formatNumber(value);
}

const wholeNumber = /^-?[0-9]+$/;
const floatingNumber = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/**
 * The number that a text stands for where a number is expected, undefined when there is none. A leading `-` makes it a signed whole number, so `-5.5` is
 * none; `.`, `e` and `E` make it a float; everything else must be an unsigned whole number that fits 64 bits.
 */
export function parseNumber(text: string): Numeric | undefined {
  if (text.startsWith("-")) {
    if (!wholeNumber.test(text)) return undefined;
    const value = BigInt(text);
    return BigInt.asIntN(64, value) === value ? value : undefined;
  }
  if (/[.eE]/.test(text)) {
    const value = floatingNumber.test(text) ? Number(text) : Number.NaN;
    return Number.isFinite(value) ? value : undefined;
  }
  if (!wholeNumber.test(text)) return undefined;
  const value = BigInt(text);
  return BigInt.asUintN(64, value) === value ? new Uint64(value) : undefined;
}
