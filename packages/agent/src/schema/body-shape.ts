import { type Block, type Diagnostic, errorAt, quote, type Statement } from "@flameline/syntax";
import type { BlockDefinition, BlockField } from "./fields.ts";

/** Which statements a body may have: names, kinds, repetition and labels. Statements must be asked about in source order, each once. */
export class BodyShape {
  readonly #definition: BlockDefinition<unknown>;
  readonly #blockCounts = new Map<string, number>();
  readonly #seen = new Set<string>();

  constructor(definition: BlockDefinition<unknown>, body: readonly Statement[]) {
    this.#definition = definition;
    for (const statement of body) {
      if (statement.kind === "block") this.#blockCounts.set(statement.name, (this.#blockCounts.get(statement.name) ?? 0) + 1);
    }
  }

  /** What is wrong with the presence of this statement. */
  problemOf(statement: Statement): Diagnostic | undefined {
    if (this.#definition.rest !== undefined) return this.#problemInMap(statement);
    return statement.kind === "attribute" ? this.#problemOfAttribute(statement) : this.#problemOfBlock(statement);
  }

  #problemInMap(statement: Statement): Diagnostic | undefined {
    if (statement.kind === "block") return errorAt(statement, "nested blocks not supported here");
    return this.#repeated(statement.name.name) ? errorAt(statement, onlyOnce(statement.name.name)) : undefined;
  }

  #problemOfAttribute(statement: Statement & { kind: "attribute" }): Diagnostic | undefined {
    const { name } = statement.name;
    const field = fieldOf(this.#definition, name);
    if (field === undefined) return errorAt(statement, `unrecognized attribute name ${quote(name)}`);
    if (field.field === "block") return errorAt(statement, `${quote(name)} must be a block, but is used as an attribute`);
    return this.#repeated(name) ? errorAt(statement, onlyOnce(name)) : undefined;
  }

  #problemOfBlock(statement: Block): Diagnostic | undefined {
    const { name } = statement;
    const field = fieldOf(this.#definition, name);
    if (field === undefined) return errorAt(statement, `unrecognized block name ${quote(name)}`);
    if (field.field === "attribute") return errorAt(statement, `${quote(name)} must be an attribute, but is used as a block`);
    this.#seen.add(name);
    if (field.occurrence !== "many" && (this.#blockCounts.get(name) ?? 0) > 1) {
      return errorAt(statement, `block ${quote(name)} may only be specified once`);
    }
    return problemOfLabel(statement, field);
  }

  #repeated(name: string): boolean {
    const repeated = this.#seen.has(name);
    this.#seen.add(name);
    return repeated;
  }

  /** What is required and did not come up, in the order of the definition. */
  missing(): readonly string[] {
    return Object.entries(this.#definition.fields)
      .filter(([name, field]) => field.required && !this.#seen.has(name))
      .map(([name, field]) => `missing required ${field.field} ${quote(name)}`);
  }
}

/** The member of that name. Names come from configurations: `constructor` is none. */
export function fieldOf(definition: BlockDefinition<unknown>, name: string): BlockDefinition<unknown>["fields"][string] | undefined {
  return Object.hasOwn(definition.fields, name) ? definition.fields[name] : undefined;
}

function onlyOnce(name: string): string {
  return `attribute ${quote(name)} may only be provided once`;
}

function problemOfLabel(block: Block, field: BlockField<unknown>): Diagnostic | undefined {
  const header = { source: block.source, start: block.nameRange.start, end: block.open + 1 };
  if (field.labelled) return block.label === undefined ? errorAt(header, `block ${quote(block.name)} requires non-empty label`) : undefined;
  if (block.label === undefined) return undefined;
  const rule = field.block.rest === undefined ? "does not support specifying labels" : "requires empty label";
  return errorAt(header, `block ${quote(block.name)} ${rule}`);
}
