import { type CharSet, isAny } from "./char-set.ts";
import type { PlainNode } from "./plain-syntax.ts";

/** The pattern as JavaScript writes it, anchored at both ends; it numbers the groups as the original does. For the flags `su`. */
export function nativeSource(node: PlainNode): string {
  return `^(?:${source(node)})$`;
}

function source(node: PlainNode): string {
  switch (node.kind) {
    case "char":
      return charSource(node.set);
    case "capture":
      return `(${source(node.body)})`;
    case "sequence":
      return node.items.map((item) => (item.kind === "choice" ? `(?:${source(item)})` : source(item))).join("");
    case "choice":
      return node.options.map(source).join("|");
    default: {
      const body = node.body.kind === "char" || node.body.kind === "capture" ? source(node.body) : `(?:${source(node.body)})`;
      return `${body}${quantifier(node.min, node.max)}${node.lazy ? "?" : ""}`;
    }
  }
}

function quantifier(min: number, max: number): string {
  if (max === Infinity) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  return min === 0 && max === 1 ? "?" : `{${min},${max}}`;
}

function charSource(set: CharSet): string {
  if (isAny(set)) return ".";
  const [low = 0, high = 0] = set;
  if (set.length === 2 && low === high) return codeSource(low);
  const ranges: string[] = [];
  for (let at = 0; at < set.length; at += 2) ranges.push(`${codeSource(set[at] ?? 0)}-${codeSource(set[at + 1] ?? 0)}`);
  return `[${ranges.join("")}]`;
}

function codeSource(code: number): string {
  const character = String.fromCodePoint(code);
  return /^\w$/.test(character) ? character : `\\u{${code.toString(16)}}`;
}
