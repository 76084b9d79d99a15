import type { Block, Diagnostic, Statement } from "@flameline/syntax";
import { errorAt, quote } from "@flameline/syntax";
import type { BlockDefinition } from "../../schema/index.ts";
import { any, attr, checkBody } from "../../schema/index.ts";
import type { TemplateRegistry } from "../graph/templates.ts";
import type { Vertex } from "../graph/vertex.ts";
import { labelOf } from "../graph/vertex.ts";
import { argumentBlock, exportBlock } from "../nodes/module-nodes.ts";

/** What is wrong with the content of a block by itself. */
export function checkSchema(vertex: Vertex, templates: TemplateRegistry): readonly Diagnostic[] {
  const { block } = vertex;
  if (block === undefined) return [];
  const definition = definitionOf(vertex, templates);
  if (definition !== undefined) return checkBody(definition, block);
  return vertex.kind === "service" ? [errorAt(block, `service ${quote(vertex.id)} does not support being configured`)] : [];
}

/** Undefined when nothing is known about the content, or there must not be any. */
function definitionOf(vertex: Vertex, templates: TemplateRegistry): BlockDefinition<unknown> | undefined {
  switch (vertex.kind) {
    case "component":
      return vertex.component.arguments;
    case "config":
      return vertex.definition;
    case "import":
      return vertex.source.definition;
    case "service":
      return vertex.service.definition;
    case "argument":
      return argumentBlock as BlockDefinition<unknown>;
    case "export":
      return exportBlock as BlockDefinition<unknown>;
    case "custom": {
      const template = templates.find(vertex.namespace, vertex.template);
      return template && argumentsOf(template.block);
    }
    default:
      return undefined;
  }
}

/** The arguments of a template as those of a block. */
function argumentsOf(declare: Block): BlockDefinition<unknown> {
  const args = declare.body.filter((statement) => isBlockNamed(statement, "argument")).filter((block) => labelOf(block) !== "");
  return {
    fields: Object.fromEntries(
      args.map((block) => [labelOf(block), attr(any, { required: isRequired(block), doc: "An argument of the module." })]),
    ),
  };
}

/** An argument whose `optional` is anything but a literal `false` may turn out to be optional. */
function isRequired({ body }: Block): boolean {
  const optional = body.find((statement) => statement.kind === "attribute" && statement.name.name === "optional");
  if (optional?.kind !== "attribute") return true;
  return optional.value.kind === "literal" && optional.value.raw === "false";
}

export function isBlockNamed(statement: Statement, name: string): statement is Block {
  return statement.kind === "block" && statement.name === name;
}
