import type { MatchGroups } from "./pattern/pattern.ts";

/** A replacement text with places for groups of a match. */
export type Template = (groups: MatchGroups) => string;

const reference = /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu;

/**
 * Compiles a replacement by Go's rules (https://pkg.go.dev/regexp#Regexp.Expand): `$1`, `${1}`, `$name`, `${name}`; a name without braces is as long as
 * it can be, so `$1x` is the group `1x`; `$$` is a dollar sign; an unknown group is empty; any other `$` stands for itself.
 */
export function compileTemplate(text: string, names: Readonly<Record<string, number>>): Template {
  const parts: (string | number)[] = [];
  let end = 0;
  for (const match of text.matchAll(reference)) {
    parts.push(text.slice(end, match.index));
    const name = match[1] ?? match[2];
    parts.push(name === undefined ? "$" : groupNumber(name, names));
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  const [only] = parts;
  if (parts.length === 1 && typeof only === "string") return () => only;
  return (groups) => {
    let result = "";
    for (const part of parts) result += typeof part === "string" ? part : (groups[part] ?? "");
    return result;
  };
}

/** -1 for a group that does not exist. Numbers with leading zeros are names. */
function groupNumber(name: string, names: Readonly<Record<string, number>>): number {
  if (/^(?:0|[1-9]\d{0,7})$/.test(name)) return Number(name);
  return Object.hasOwn(names, name) ? (names[name] ?? -1) : -1;
}
