import { quote } from "@flameline/syntax";
import { formatNumberShort } from "../../schema/index.ts";
import { type Flags, pad } from "./directive.ts";

const bases: ReadonlyMap<string, number> = new Map([
  ["d", 10],
  ["v", 10],
  ["b", 2],
  ["o", 8],
  ["O", 8],
  ["x", 16],
  ["X", 16],
]);

/** A whole number by an integer verb; undefined for a verb that is none. */
export function formatInteger(value: bigint, verb: string, flags: Flags): string | undefined {
  if (verb === "c") return pad(character(value), flags);
  if (verb === "q") return pad(quoteCharacter(character(value), flags), flags);
  if (verb === "U") return pad(codePoint(value, flags), { ...flags, zero: false });
  const base = bases.get(verb);
  return base === undefined ? undefined : formatDigits(value, base, verb, flags);
}

function formatDigits(value: bigint, base: number, verb: string, flags: Flags): string {
  const unpadded = { ...flags, zero: false };
  if (flags.precision === 0 && value === 0n) return pad("", unpadded);
  const negative = value < 0n;
  const sign = negative ? "-" : flags.plus ? "+" : flags.space ? " " : "";
  const digits = (negative ? -value : value).toString(base).padStart(minimumDigits(sign, flags), "0");
  const text = sign + prefixOf(base, verb, digits, flags) + digits;
  return pad(verb === "X" ? text.toUpperCase() : text, unpadded);
}

/** A precision asks for digits; so does the width with zeros to the left, which leave room for the sign. */
function minimumDigits(sign: string, flags: Flags): number {
  if (flags.precision !== undefined) return flags.precision;
  return flags.zero && !flags.minus && flags.width !== undefined ? flags.width - sign.length : 0;
}

function prefixOf(base: number, verb: string, digits: string, flags: Flags): string {
  if (verb === "O") return flags.sharp && !digits.startsWith("0") ? "0o0" : "0o";
  if (!flags.sharp) return "";
  if (base === 8) return digits.startsWith("0") ? "" : "0";
  return base === 16 ? "0x" : base === 2 ? "0b" : "";
}

function character(value: bigint): string {
  const valid = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn);
  return valid ? String.fromCodePoint(Number(value)) : "\u{fffd}";
}

/** In single quotes, with the escapes of a string. */
function quoteCharacter(text: string, flags: Flags): string {
  if (text === "'") return "'\\''";
  if (text === '"') return "'\"'";
  return `'${(flags.plus ? quoteAscii(text) : quote(text)).slice(1, -1)}'`;
}

function codePoint(value: bigint, flags: Flags): string {
  const digits = BigInt.asUintN(64, value).toString(16).toUpperCase();
  const text = `U+${digits.padStart(Math.max(flags.precision ?? 4, 4), "0")}`;
  const shown = character(value);
  return flags.sharp && value <= 0x10ffffn && quote(shown) === `"${shown}"` ? `${text} '${shown}'` : text;
}

/** Like `quote`, with escapes for everything beyond ASCII. */
export function quoteAscii(text: string): string {
  return quote(text).replace(/[\u{80}-\u{10ffff}]/gu, (symbol) => {
    const code = symbol.codePointAt(0) ?? 0;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
  });
}

/** A float by a float verb; undefined for a verb that is none. */
export function formatFloat(value: number, verb: string, flags: Flags): string | undefined {
  if (!"vgGeEfF".includes(verb)) return undefined;
  const magnitude = Math.abs(value);
  const negative = value < 0 || Object.is(value, -0);
  const sign = negative ? "-" : flags.plus ? "+" : flags.space ? " " : "";
  if (!Number.isFinite(value)) {
    const text = Number.isNaN(value)
      ? `${flags.plus ? "+" : flags.space ? " " : ""}NaN`
      : `${negative ? "-" : flags.space && !flags.plus ? " " : "+"}Inf`;
    return pad(text, { ...flags, zero: false });
  }
  const digits = floatDigits(magnitude, verb.toLowerCase(), flags);
  const text = verb === "E" || verb === "G" ? digits.toUpperCase() : digits;
  // Zeros stand between the sign and the digits.
  const zeros = flags.zero && !flags.minus ? "0".repeat(Math.max(0, (flags.width ?? 0) - sign.length - text.length)) : "";
  return pad(sign + zeros + text, flags);
}

function floatDigits(magnitude: number, verb: string, flags: Flags): string {
  if (verb === "f") return fixed(magnitude, flags.precision ?? 6);
  if (verb === "e") return twoDigitExponent(magnitude.toExponential(Math.min(flags.precision ?? 6, 100)));
  return flags.precision === undefined ? formatNumberShort(magnitude) : general(magnitude, Math.max(flags.precision, 1));
}

/** Exact decimal digits also where `toFixed` gives up, at 1e21. */
function fixed(magnitude: number, precision: number): string {
  const places = Math.min(precision, 100);
  if (magnitude < 1e21) return magnitude.toFixed(places);
  return `${BigInt(magnitude)}${places > 0 ? `.${"0".repeat(places)}` : ""}`;
}

/** `%g` with a precision: significant digits, without zeros at the end, an exponent for large and small numbers. */
function general(magnitude: number, precision: number): string {
  const digits = Math.min(precision, 100);
  const scientific = magnitude.toExponential(digits - 1);
  const exponent = Number(scientific.slice(scientific.indexOf("e") + 1));
  if (magnitude !== 0 && (exponent < -4 || exponent >= digits)) return twoDigitExponent(scientific.replace(/\.?0*e/, "e"));
  const plain = magnitude.toFixed(Math.min(100, Math.max(0, digits - 1 - exponent)));
  return plain.includes(".") ? plain.replace(/\.?0+$/, "") : plain;
}

function twoDigitExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}
