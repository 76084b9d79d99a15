import {
  atPath,
  Capsule,
  elementsOf,
  FunctionValue,
  isNumeric,
  kindOf,
  membersIn,
  plainText,
  Uint64,
  type Value,
  compareTexts,
} from "../../schema/index.ts";
import { type Flags, noFlags, pad } from "./directive.ts";
import { formatFloat } from "./format-float.ts";
import { formatInteger } from "./format-integer.ts";
import { formatString } from "./format-string.ts";

/**
 * A value by a verb. A verb that does not fit shows as `%!d(string=x)`.
 *
 * @throws ValueError for a secret anywhere in the value: it would become part of a plain text.
 */
export function printValue(value: Value, verb: string, flags: Flags): string {
  const shown = plainForm(value);
  if (verb === "T" && shown !== null) return formatString(typeName(shown), "s", flags) ?? "";
  if (verb === "w") return badVerb(shown, verb, flags);
  if (shown === null) return verb === "v" || verb === "T" ? pad("<nil>", flags) : badVerb(shown, verb, flags);
  return print(shown, verb, flags);
}

/** A value with its type, as surplus arguments show: `int=1`. */
export function printTyped(value: Value): string {
  const shown = plainForm(value);
  return shown === null ? "<nil>" : `${typeName(shown)}=${print(shown, "v", noFlags())}`;
}

/** Optional secrets that are none count as their text. */
function plainForm(value: Value): Value {
  return plainText(value) ?? value;
}

function print(value: Value, verb: string, flags: Flags): string {
  if (typeof value === "boolean") return verb === "t" || verb === "v" ? pad(String(value), flags) : badVerb(value, verb, flags);
  if (typeof value === "string") return formatString(value, verb, flags) ?? badVerb(value, verb, flags);
  if (isNumeric(value)) return printNumber(value, verb, flags);
  const members = membersIn(value);
  if (members !== undefined) return printObject(members, verb, flags);
  if (kindOf(value) === "array") return printArray(elementsOf(value), verb, flags);
  return pad(value instanceof FunctionValue ? "function" : value instanceof Capsule ? value.display() : "", flags);
}

function printNumber(value: bigint | number | Uint64, verb: string, flags: Flags): string {
  if (typeof value === "number") return formatFloat(value, verb, flags) ?? badVerb(value, verb, flags);
  if (typeof value === "bigint") return formatInteger(value, verb, flags) ?? badVerb(value, verb, flags);
  if (verb === "v" && flags.sharpV) return formatInteger(value.value, "x", { ...flags, sharp: true }) ?? "";
  return formatInteger(value.value, verb, flags) ?? badVerb(value, verb, flags);
}

function printArray(elements: readonly Value[], verb: string, flags: Flags): string {
  const shown = elements.map((item, index) => atPath(index, () => printMember(item, verb, flags)));
  return flags.sharpV ? `[]interface {}{${shown.join(", ")}}` : `[${shown.join(" ")}]`;
}

function printObject(members: ReadonlyMap<string, Value>, verb: string, flags: Flags): string {
  const shown = [...members]
    .sort(([a], [b]) => compareTexts(a, b))
    .map(([key, value]) => `${print(key, verb, flags)}:${atPath(key, () => printMember(value, verb, flags))}`);
  return flags.sharpV ? `map[string]interface {}{${shown.join(", ")}}` : `map[${shown.join(" ")}]`;
}

/** A null inside of something is never a bad verb. */
function printMember(value: Value, verb: string, flags: Flags): string {
  const shown = plainForm(value);
  if (shown === null) return flags.sharpV ? "interface {}(nil)" : "<nil>";
  return print(shown, verb, flags);
}

function badVerb(value: Value, verb: string, flags: Flags): string {
  return `%!${verb}(${value === null ? "<nil>" : `${typeName(value)}=${print(value, "v", flags)}`})`;
}

/** Type names as the reference's formatter knows them. */
function typeName(value: Value): string {
  if (value === null) return "<nil>";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "string":
      return "string";
    case "bigint":
      return "int";
    case "number":
      return "float64";
    default:
      if (value instanceof Uint64) return "uint64";
      if (value instanceof FunctionValue) return `func${value.signature}`;
      if (kindOf(value) === "array") return "[]interface {}";
      return membersIn(value) === undefined && value instanceof Capsule ? value.typeName : "map[string]interface {}";
  }
}
