import { quote } from "@flameline/syntax";
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

/** What stands for a number that is no character. */
const replacement = "\u{fffd}";

function character(value: bigint): string {
  const valid = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value <= 0xdfffn);
  return valid ? String.fromCodePoint(Number(value)) : replacement;
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
  const printable = quote(shown) === `"${shown}"` && (shown !== replacement || value === 0xfffdn);
  return flags.sharp && printable ? `${text} '${shown}'` : text;
}

/** Like `quote`, with escapes for everything beyond ASCII. */
export function quoteAscii(text: string): string {
  return quote(text).replace(/[\u{80}-\u{10ffff}]/gu, (symbol) => {
    const code = symbol.codePointAt(0) ?? 0;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
  });
}
