import { encodeArguments, encodeField, labelOf, memberOf } from "./arguments.ts";
import { compareTexts } from "./compare-texts.ts";
import { defaultArguments } from "./decode.ts";
import { equalValues, isNumeric } from "./equal.ts";
import { anyBlock, type AttributeField, type BlockDefinition, type BlockField, type Fields } from "./fields.ts";
import { elementsOf } from "./types/list.ts";
import { membersIn } from "./types/map.ts";
import { Capsule, FunctionValue, kindOf, Uint64, type Value } from "./value.ts";

/** A value as the HTTP API shows it. */
export type ApiValue =
  | { readonly type: "null"; readonly value: null }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "number"; readonly value: number }
  | { readonly type: "string" | "function" | "capsule"; readonly value: string }
  | { readonly type: "array"; readonly value: readonly ApiValue[] }
  | { readonly type: "object"; readonly value: readonly { readonly key: string; readonly value: ApiValue }[] };

/** An attribute or a block as the HTTP API shows it. */
export type ApiStatement =
  | { readonly name: string; readonly type: "attr"; readonly value: ApiValue }
  | { readonly name: string; readonly type: "block"; readonly label?: string; readonly body: readonly ApiStatement[] };

/** Arguments in the order of the definition. What has its default and what is zero with a zero default is left out; secrets show as `(secret)`. */
export function renderArguments<T>(definition: BlockDefinition<T>, args: T): readonly ApiStatement[] {
  const { rest } = definition;
  if (rest === undefined) return renderBody(anyBlock(definition), args);
  const members = args instanceof Map ? [...args] : [];
  return members.map(([name, value]) => ({ name: String(name), type: "attr", value: renderValue(rest.encode(value)) }));
}

/** All exports in the order of the declaration; those not published yet have their zero. */
export function renderExports(fields: Fields, exports: unknown): readonly ApiStatement[] {
  return Object.entries(fields).map(([name, field]) => ({
    name,
    type: "attr",
    value: renderValue(encodeField(field, memberOf(exports, name))),
  }));
}

/** A component's debug info: members that are not required are left out while they are zero or undefined. */
export function renderDebugInfo(fields: Fields, info: unknown): readonly ApiStatement[] {
  return renderBody({ fields, showDefaults: true }, info);
}

function renderBody(definition: BlockDefinition<unknown>, args: unknown): readonly ApiStatement[] {
  return Object.entries(definition.fields).flatMap(([name, field]) => {
    const value = memberOf(args, name);
    return field.field === "attribute" ? renderAttribute(definition, name, field, value) : renderBlocks(definition, name, field, value);
  });
}

function renderAttribute(
  parent: BlockDefinition<unknown>,
  name: string,
  field: AttributeField<unknown>,
  value: unknown,
): readonly ApiStatement[] {
  const encoded = encodeField(field, value);
  const zero = field.type.encode(field.type.zero());
  const preset = parent.showDefaults === true ? zero : field.type.encode(field.default());
  const shown = field.required || field.alwaysShown || !equalValues(encoded, preset);
  return shown ? [{ name, type: "attr", value: renderValue(encoded) }] : [];
}

function renderBlocks(parent: BlockDefinition<unknown>, name: string, field: BlockField<unknown>, value: unknown): readonly ApiStatement[] {
  if (value === undefined || value === null) return [];
  const { block } = field;
  if (Array.isArray(value)) return value.map((entry) => renderBlock(name, field.labelled ? labelOf(entry) : "", block, entry));
  if (!field.required && !field.alwaysShown && field.occurrence === "one" && isUnchanged(parent, block, value)) return [];
  return [renderBlock(name, "", block, value)];
}

function isUnchanged(parent: BlockDefinition<unknown>, block: BlockDefinition<unknown>, value: unknown): boolean {
  if (parent.showDefaults === true) return renderBody({ ...block, showDefaults: true }, value).length === 0;
  return equalValues(encodeArguments(block, value), encodeArguments(block, defaultArguments(block)));
}

function renderBlock(name: string, label: string, definition: BlockDefinition<unknown>, args: unknown): ApiStatement {
  return { name, type: "block", ...(label !== "" && { label }), body: renderArguments(definition, args) };
}

/** Keys of objects are sorted. Texts are made valid Unicode. A number that JSON cannot hold is shown as the string `+Inf`, `-Inf` or `NaN`. */
export function renderValue(value: Value): ApiValue {
  if (value === null) return { type: "null", value };
  if (typeof value === "boolean") return { type: "bool", value };
  if (typeof value === "string") return { type: "string", value: value.toWellFormed() };
  if (isNumeric(value)) return renderNumber(value instanceof Uint64 ? value.value : value);
  if (value instanceof FunctionValue) return { type: "function", value: "function" };
  const members = membersIn(value);
  if (members !== undefined) return renderObject(members);
  if (kindOf(value) === "array") return { type: "array", value: elementsOf(value).map(renderValue) };
  return { type: "capsule", value: value instanceof Capsule ? value.display().toWellFormed() : "" };
}

function renderNumber(value: bigint | number): ApiValue {
  const number = Number(value);
  if (Number.isFinite(number)) return { type: "number", value: number };
  return { type: "string", value: Number.isNaN(number) ? "NaN" : number > 0 ? "+Inf" : "-Inf" };
}

function renderObject(members: ReadonlyMap<string, Value>): ApiValue {
  const keys = [...members.keys()].sort(compareTexts);
  return { type: "object", value: keys.map((key) => ({ key: key.toWellFormed(), value: renderValue(members.get(key) ?? null) })) };
}
