import { equalValues } from "./equal.ts";
import type { BlockDefinition, Field, Fields } from "./fields.ts";
import type { Value } from "./value.ts";

/** Decoded arguments as one object value; absent blocks are null, repeated ones arrays, labels a member `label`. */
export function encodeArguments<T>(definition: BlockDefinition<T>, args: T): Value {
  const { rest } = definition;
  if (rest === undefined) return encodeFields(definition.fields, args);
  return new Map(args instanceof Map ? [...args].map(([name, value]) => [String(name), rest.encode(value)]) : []);
}

/** Members of an exports or debug-info object as one object value; members that are undefined have their zero. */
export function encodeFields(fields: Fields, members: unknown): ReadonlyMap<string, Value> {
  return new Map(Object.entries(fields).map(([name, field]) => [name, encodeField(field, memberOf(members, name))]));
}

/** The value of a member; a member that is undefined has its zero. */
export function encodeField(field: Field<unknown>, value: unknown): Value {
  if (field.field === "attribute") return field.type.encode(value === undefined ? field.type.zero() : value);
  if (Array.isArray(value)) return value.map((entry) => encodeEntry(field.block, field.labelled, entry));
  return value === undefined || value === null ? null : encodeArguments(field.block, value);
}

function encodeEntry(block: BlockDefinition<unknown>, labelled: boolean, entry: unknown): Value {
  const encoded = encodeArguments(block, entry);
  return labelled && encoded instanceof Map ? new Map<string, Value>([...encoded, ["label", labelOf(entry)]]) : encoded;
}

/** The member of a decoded object. */
export function memberOf(members: unknown, name: string): unknown {
  return typeof members === "object" && members !== null ? (members as Readonly<Record<string, unknown>>)[name] : undefined;
}

/** The label of an entry of labelled blocks. */
export function labelOf(entry: unknown): string {
  const label = memberOf(entry, "label");
  return typeof label === "string" ? label : "";
}

/** Whether two decoded arguments are the same, so that nothing has to be updated. */
export function equalArguments<T>(definition: BlockDefinition<T>, left: T, right: T): boolean {
  return left === right || equalValues(encodeArguments(definition, left), encodeArguments(definition, right));
}
