import type { Attribute, Statement } from "@flameline/syntax";
import { blame } from "./blame.ts";
import { BodyShape, fieldOf } from "./body-shape.ts";
import { BlockError, DiagnosticError } from "./config-error.ts";
import { evaluate } from "./evaluate.ts";
import { anyBlock, type BlockDefinition, type BlockField, type Field } from "./fields.ts";
import type { Scope } from "./scope.ts";
import type { Type } from "./type.ts";
import { ValueError } from "./value.ts";

/**
 * The arguments that a body stands for. Statements are processed in source order, the first problem ends it; then come required members that are missing,
 * defaults, the definition's own rules and its canonical form.
 *
 * @throws {@link DiagnosticError} for a problem with a place, {@link BlockError} for one of the body as a whole.
 */
export function decodeBody<T>(definition: BlockDefinition<T>, body: readonly Statement[], scope: Scope): T {
  // What a definition decodes is what its fields infer.
  return decodeStatements(anyBlock(definition), body, scope) as T;
}

/** The arguments of a body without statements, as of a block that is absent: nothing is required of it. */
export function defaultArguments<T>(definition: BlockDefinition<T>): T {
  const { fields, rest } = definition;
  const defaults: unknown = rest === undefined ? assemble(fields, new Map()) : new Map();
  return defaults as T;
}

function decodeStatements(definition: BlockDefinition<unknown>, body: readonly Statement[], scope: Scope): unknown {
  const shape = new BodyShape(definition, body);
  const decoded = new Map<string, unknown>();
  for (const statement of body) {
    const problem = shape.problemOf(statement);
    if (problem !== undefined) throw new DiagnosticError([problem]);
    decodeStatement(definition, statement, scope, decoded);
  }
  const [missing] = shape.missing();
  if (missing !== undefined) throw new BlockError(missing);
  const args = definition.rest === undefined ? assemble(definition.fields, decoded) : decoded;
  const broken = definition.validate?.(args);
  if (broken !== undefined) throw new BlockError(broken);
  return definition.normalize === undefined ? args : definition.normalize(args);
}

/** Adds one statement, which the shape of the body allows, to what was decoded. */
function decodeStatement(definition: BlockDefinition<unknown>, statement: Statement, scope: Scope, decoded: Map<string, unknown>): void {
  const name = statement.kind === "attribute" ? statement.name.name : statement.name;
  const field = fieldOf(definition, name);
  if (statement.kind === "attribute") {
    const type = field?.field === "attribute" ? field.type : definition.rest;
    if (type !== undefined) decoded.set(name, decodeAttribute(type, statement, scope));
    return;
  }
  if (field?.field !== "block") return;
  const value = decodeStatements(field.block, statement.body, scope);
  if (field.occurrence !== "many") {
    decoded.set(name, value);
    return;
  }
  const entry = field.labelled && typeof value === "object" ? { ...value, label: statement.label?.name ?? "" } : value;
  const entries = decoded.get(name);
  if (Array.isArray(entries)) entries.push(entry);
  else decoded.set(name, [entry]);
}

function decodeAttribute(type: Type<unknown>, attribute: Attribute, scope: Scope): unknown {
  const value = evaluate(attribute.value, scope, attribute.source);
  try {
    return type.decode(value);
  } catch (error) {
    if (error instanceof ValueError) throw new DiagnosticError([blame(attribute.value, attribute.source, error)]);
    throw error;
  }
}

/** All members in the order of the definition, with the default of each that was not decoded. */
function assemble(fields: BlockDefinition<unknown>["fields"], decoded: ReadonlyMap<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, decoded.has(name) ? decoded.get(name) : defaultOf(field)]),
  );
}

function defaultOf(field: Field<unknown>): unknown {
  return field.field === "attribute" ? field.default() : defaultBlock(field);
}

function defaultBlock({ occurrence, block }: BlockField<unknown>): unknown {
  if (occurrence === "many") return [];
  return occurrence === "one" ? defaultArguments(block) : undefined;
}
