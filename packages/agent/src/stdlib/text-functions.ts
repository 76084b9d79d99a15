import { normalizeText } from "@flameline/syntax";
import { any, type FunctionValue, list, string } from "../schema/index.ts";
import { defineFunction } from "./define-function.ts";
import { formatText } from "./format/format-text.ts";
import { toLower, toUpper } from "./simple-case.ts";

// Unicode's White_Space, which differs from JavaScript's \s in U+0085 and U+FEFF.
const space = /[\t-\r \u{85}\u{a0}\u{1680}\u{2000}-\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}]/u;

/** The functions of `string`. Texts may hold bytes that are no UTF-8; those count as one character each. */
export const textFunctions: Readonly<Record<string, FunctionValue>> = {
  format: defineFunction("string.format", {
    parameters: [string],
    rest: any,
    result: "string",
    call: ([spec], args) => normalizeText(formatText(spec, args)),
  }),
  join: defineFunction("string.join", {
    parameters: [list(string), string],
    result: "string",
    call: ([parts, separator]) => normalizeText(parts.join(separator)),
  }),
  replace: defineFunction("string.replace", {
    parameters: [string, string, string],
    result: "string",
    call: ([text, old, replacement]) => normalizeText(split(text, old).join(replacement)),
  }),
  split: defineFunction("string.split", {
    parameters: [string, string],
    result: "list(string)",
    call: ([text, separator]) => (separator === "" ? Array.from(text) : text.split(separator)),
  }),
  to_lower: defineFunction("string.to_lower", { parameters: [string], result: "string", call: ([text]) => toLower(text) }),
  to_upper: defineFunction("string.to_upper", { parameters: [string], result: "string", call: ([text]) => toUpper(text) }),
  trim: defineFunction("string.trim", {
    parameters: [string, string],
    result: "string",
    call: ([text, cutset]) => trimCharacters(text, new Set(Array.from(cutset))),
  }),
  trim_prefix: defineFunction("string.trim_prefix", {
    parameters: [string, string],
    result: "string",
    call: ([text, prefix]) => (text.startsWith(prefix) ? text.slice(prefix.length) : text),
  }),
  trim_space: defineFunction("string.trim_space", {
    parameters: [string],
    result: "string",
    call: ([text]) => trimSpace(text),
  }),
  trim_suffix: defineFunction("string.trim_suffix", {
    parameters: [string, string],
    result: "string",
    call: ([text, suffix]) => (text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text),
  }),
};

/** The parts between the places to replace; an empty text stands before, between and after all characters. */
function split(text: string, separator: string): readonly string[] {
  return separator === "" ? ["", ...Array.from(text), ""] : text.split(separator);
}

/** Goes in from both ends: a regular expression would try the end of the text anew at each blank within. */
function trimSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && space.test(text.charAt(start))) start += 1;
  while (end > start && space.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function trimCharacters(text: string, cutset: ReadonlySet<string>): string {
  const characters = Array.from(text);
  const start = characters.findIndex((character) => !cutset.has(character));
  const end = characters.findLastIndex((character) => !cutset.has(character));
  return start < 0 ? "" : characters.slice(start, end + 1).join("");
}
