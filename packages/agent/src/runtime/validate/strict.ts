import type { Block, Diagnostic, Expression, Statement } from "@flameline/syntax";
import { errorAt, quote, unquote } from "@flameline/syntax";
import type { BlockDefinition, Type } from "../../schema/index.ts";
import { secret } from "../../schema/index.ts";
import { splitTemplateName } from "../graph/templates.ts";
import type { Vertex } from "../graph/vertex.ts";
import { blockId, headerPlace, labelOf } from "../graph/vertex.ts";
import type { CheckedBody } from "./finding.ts";
import { warning } from "./finding.ts";
import { targetFindings } from "./strict-targets.ts";

/** What is legal and most likely not meant: things that nothing uses, targets that lead nowhere, secrets that everybody can read. Ours, not the reference's. */
export function strictFindings(body: CheckedBody): readonly Diagnostic[] {
  const vertices = [...body.vertices.values()];
  return [
    ...unusedFindings(body),
    ...missingFindings(body),
    ...vertices.flatMap((vertex) => secretFindings(vertex)),
    ...targetFindings(body),
  ].sort((a, b) => (a.source === b.source ? (a.range?.start ?? 0) - (b.range?.start ?? 0) : 0));
}

/** Custom components that an import does not bring, where its content is known. */
function missingFindings({ vertices, templates }: CheckedBody): readonly Diagnostic[] {
  return [...vertices.values()].flatMap((vertex) =>
    vertex.kind !== "custom" ||
    vertex.namespace === "" ||
    !templates.isRead(vertex.namespace) ||
    templates.find(vertex.namespace, vertex.template)
      ? []
      : [errorAt(headerPlace(vertex.block), `the import ${quote(vertex.namespace)} has no declare ${quote(vertex.template)}`)],
  );
}

/** A component that exports something is there for others; one that exports nothing works by itself. */
function unusedFindings({ vertices, references, library }: CheckedBody): readonly Diagnostic[] {
  const all = [...vertices.values()];
  const used = new Set([...references.values()].flat().map(({ target }) => target.id));
  const templates = new Set(all.flatMap(({ block }) => (block === undefined ? [] : usedTemplateNames([block]))));
  return all.flatMap((vertex) => {
    if (isUsed(vertex, used, templates) || (library && vertex.kind === "declare") || vertex.block === undefined) return [];
    return [warning(headerPlace(vertex.block), `nothing uses ${blockId(vertex.block)}`)];
  });
}

function isUsed(vertex: Vertex, used: ReadonlySet<string>, templates: ReadonlySet<string>): boolean {
  switch (vertex.kind) {
    case "component":
      return Object.keys(vertex.component.exports).length === 0 || used.has(vertex.id);
    case "argument":
      return used.has(vertex.id);
    case "declare":
      return templates.has(`.${labelOf(vertex.block)}`);
    case "import":
      return [...templates].some((name) => name.startsWith(`${labelOf(vertex.block)}.`));
    default:
      return true;
  }
}

/** Names of blocks, of these and of those inside them, that may be uses of templates: `namespace.name`. */
function usedTemplateNames(blocks: readonly Block[]): readonly string[] {
  return blocks.flatMap((block) => {
    const name = splitTemplateName(block.name);
    const inner = block.body.filter((statement): statement is Block => statement.kind === "block");
    return [...(name === undefined ? [] : [`${name.namespace}.${name.template}`]), ...usedTemplateNames(inner)];
  });
}

function secretFindings(vertex: Vertex): readonly Diagnostic[] {
  const { block } = vertex;
  if (block === undefined) return [];
  const definition = definitionOf(vertex);
  return definition === undefined ? [] : plainSecrets(definition, block.body);
}

function definitionOf(vertex: Vertex): BlockDefinition<unknown> | undefined {
  if (vertex.kind === "component") return vertex.component.arguments;
  if (vertex.kind === "service") return vertex.service.definition;
  return vertex.kind === "import" ? vertex.source.definition : undefined;
}

function plainSecrets(definition: BlockDefinition<unknown>, body: readonly Statement[]): readonly Diagnostic[] {
  return body.flatMap((statement) => {
    const { source } = statement;
    const field = Object.hasOwn(definition.fields, nameOf(statement)) ? definition.fields[nameOf(statement)] : undefined;
    if (statement.kind === "block") return field?.field === "block" ? plainSecrets(field.block, statement.body) : [];
    if (field?.field !== "attribute") return [];
    const plain = holdsSecret(field.type) ? literalTexts(statement.value) : literalTexts(statement.value).filter(hasPassword);
    return plain.map((literal) => warning({ source, ...rangeOf(literal) }, plainSecretMessage(statement.name.name)));
  });
}

function plainSecretMessage(name: string): string {
  return `${name} is a secret in plain text: take it from sys.env, local.file with is_secret, or remote.kubernetes.secret`;
}

function nameOf(statement: Statement): string {
  return statement.kind === "block" ? statement.name : statement.name.name;
}

function holdsSecret(type: Type<unknown>): boolean {
  return type === secret || (type.element !== undefined && holdsSecret(type.element));
}

/** Texts that stand in an expression as they are, but for names of members and arguments of functions. */
function literalTexts(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "literal":
      return expression.literal === "string" && unquote(expression.raw) !== "" ? [expression] : [];
    case "array":
      return expression.elements.flatMap(literalTexts);
    case "object":
      return expression.fields.flatMap(({ value }) => literalTexts(value));
    case "binary":
      return [...literalTexts(expression.left), ...literalTexts(expression.right)];
    case "paren":
      return literalTexts(expression.inner);
    default:
      return [];
  }
}

/** `https://user:password@host`. */
function hasPassword(expression: Expression): boolean {
  return expression.kind === "literal" && /^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]*:[^/?#@\s]+@/i.test(unquote(expression.raw));
}

function rangeOf({ start, end }: Expression): { readonly start: number; readonly end: number } {
  return { start, end };
}
