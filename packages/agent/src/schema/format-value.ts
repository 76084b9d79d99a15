import { isIdentifier, quote } from "@flameline/syntax";
import { compareTexts } from "./compare-texts.ts";
import { isNumeric } from "./equal.ts";
import { formatNumber } from "./number-text.ts";
import { elementsOf } from "./types/list.ts";
import { membersIn } from "./types/map.ts";
import { Capsule, FunctionValue, kindOf, type Value } from "./value.ts";

/**
 * A value as configuration text: arrays on one line, objects over several with sorted keys and aligned `=`. Functions and capsules have no literal and show
 * as `function` and `capsule("…")`, secrets as `(secret)`.
 */
export function formatValue(value: Value): string {
  return formatIndented(value, "");
}

function formatIndented(value: Value, indent: string): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string") return quote(value);
  if (isNumeric(value)) return formatNumber(value);
  if (value instanceof FunctionValue) return "function";
  const members = membersIn(value);
  if (members !== undefined) return formatObject(members, indent);
  if (kindOf(value) !== "array") return value instanceof Capsule ? value.display() : "";
  return `[${elementsOf(value)
    .map((item) => formatIndented(item, indent))
    .join(", ")}]`;
}

function formatObject(members: ReadonlyMap<string, Value>, indent: string): string {
  if (members.size === 0) return "{}";
  const inner = `${indent}\t`;
  const fields = [...members]
    .sort(([a], [b]) => compareTexts(a, b))
    .map(([key, value]) => ({ key: isIdentifier(key) ? key : quote(key), text: formatIndented(value, inner) }));
  const lines = alignedRuns(fields).flatMap((run) => {
    const width = run.reduce((widest, { key }) => Math.max(widest, codePoints(key)), 0);
    return run.map(({ key, text }) => `${inner}${key}${" ".repeat(width - codePoints(key))} = ${text},\n`);
  });
  return `{\n${lines.join("")}${indent}}`;
}

function codePoints(text: string): number {
  return Array.from(text).length;
}

interface FieldText {
  readonly key: string;
  readonly text: string;
}

/** Neighbours whose `=` align: a value of several lines ends a run. */
function alignedRuns(fields: readonly FieldText[]): readonly (readonly FieldText[])[] {
  const runs: FieldText[][] = [];
  let open: FieldText[] | undefined;
  for (const field of fields) {
    if (open === undefined) runs.push((open = []));
    open.push(field);
    if (field.text.includes("\n")) open = undefined;
  }
  return runs;
}
