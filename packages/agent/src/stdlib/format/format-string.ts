import { bytesFromText, quote } from "@flameline/syntax";
import { type Flags, pad } from "./directive.ts";
import { quoteAscii } from "./format-integer.ts";

/** A text by a string verb; undefined for a verb that is none. */
export function formatString(text: string, verb: string, flags: Flags): string | undefined {
  switch (verb) {
    case "v":
      return flags.sharpV ? formatQuoted(text, flags) : pad(truncate(text, flags), flags);
    case "s":
      return pad(truncate(text, flags), flags);
    case "q":
      return formatQuoted(text, flags);
    case "x":
    case "X":
      return formatHex(text, verb, flags);
    default:
      return undefined;
  }
}

/** A precision limits the characters of a text. */
function truncate(text: string, { precision }: Flags): string {
  return precision === undefined ? text : Array.from(text).slice(0, precision).join("");
}

function formatQuoted(text: string, flags: Flags): string {
  const shown = truncate(text, flags);
  if (flags.sharp && canBackquote(shown)) return pad(`\`${shown}\``, flags);
  return pad(flags.plus ? quoteAscii(shown) : quote(shown), flags);
}

/** Raw strings hold one line of ordinary characters and tabs. */
function canBackquote(text: string): boolean {
  return text.isWellFormed() && /^[\t -_a-~\u{80}-\u{fefe}\u{ff00}-\u{10ffff}]*$/u.test(text);
}

function formatHex(text: string, verb: string, flags: Flags): string {
  const bytes = bytesFromText(text).subarray(0, flags.precision);
  const pairs = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
  const prefix = flags.sharp ? "0x" : "";
  const shown = flags.space ? pairs.map((pair) => prefix + pair).join(" ") : pairs.length === 0 ? "" : prefix + pairs.join("");
  return pad(verb === "X" ? shown.toUpperCase() : shown, flags);
}
