import { formatNumberShort } from "../../schema/index.ts";
import { type Flags, pad } from "./directive.ts";
import { fixedDigits, type Significant, significantDigits } from "./rounded-decimal.ts";

/** A float by a float verb; undefined for a verb that is none. */
export function formatFloat(value: number, verb: string, flags: Flags): string | undefined {
  if (!"vgGeEfF".includes(verb)) return undefined;
  const sign = value < 0 || Object.is(value, -0) ? "-" : flags.plus ? "+" : flags.space ? " " : "";
  if (!Number.isFinite(value)) return pad(notFinite(value, sign), { ...flags, zero: false });
  const digits = floatDigits(Math.abs(value), verb.toLowerCase(), flags.precision);
  const text = verb === "E" || verb === "G" ? digits.toUpperCase() : digits;
  // Zeros stand between the sign and the digits.
  const zeros = flags.zero && !flags.minus ? "0".repeat(Math.max(0, (flags.width ?? 0) - sign.length - text.length)) : "";
  return pad(sign + zeros + text, flags);
}

/** Infinity always has a sign. */
function notFinite(value: number, sign: string): string {
  if (Number.isNaN(value)) return `${sign}NaN`;
  return `${sign === "" ? "+" : sign}Inf`;
}

function floatDigits(magnitude: number, verb: string, precision: number | undefined): string {
  if (verb === "f") return fixedDigits(magnitude, precision ?? 6);
  if (verb === "e") return scientific(significantDigits(magnitude, (precision ?? 6) + 1));
  return precision === undefined ? formatNumberShort(magnitude) : general(magnitude, Math.max(precision, 1));
}

/** `%g` with a precision: significant digits without zeros at the end, with an exponent for large and small numbers. */
function general(magnitude: number, count: number): string {
  const { digits, exponent } = significantDigits(magnitude, count);
  const kept = digits.replace(/(?!^)0+$/, "");
  // Digits without zeros decide where large whole numbers get an exponent.
  const limit = count > kept.length && kept.length > exponent ? kept.length : count;
  if (exponent < -4 || exponent >= limit) return scientific({ digits: kept, exponent });
  if (exponent < 0) return magnitude === 0 ? "0" : `0.${"0".repeat(-exponent - 1)}${kept}`;
  const whole = kept.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return kept.length > exponent + 1 ? `${whole}.${kept.slice(exponent + 1)}` : whole;
}

/** One digit, the others after a point, an exponent of at least two digits. */
function scientific({ digits, exponent }: Significant): string {
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
  return `${digits.charAt(0)}${fraction}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}
