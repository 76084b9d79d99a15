import type { Block, Diagnostic, Statement } from "@flameline/syntax";
import { quote } from "@flameline/syntax";
import type { Edges } from "./order.ts";
import { splitTemplateName } from "./templates.ts";
import type { Reference, Vertex } from "./vertex.ts";
import { labelOf } from "./vertex.ts";

/** What each vertex depends on: what it refers to, and the declares and services that it needs. */
export function dependenciesOf(vertices: ReadonlyMap<string, Vertex>, references: ReadonlyMap<string, readonly Reference[]>): Edges {
  const edges = new Map<string, ReadonlySet<string>>();
  const imports = new Map(
    [...vertices.values()].flatMap((vertex) => (vertex.kind === "import" ? [[importId(labelOf(vertex.block)), vertex.id] as const] : [])),
  );
  for (const vertex of vertices.values()) {
    const targets = new Set((references.get(vertex.id) ?? []).map(({ target }) => target.id));
    for (const needed of [...templateIds(vertex), ...serviceIds(vertex)]) {
      const id = imports.get(needed) ?? needed;
      if (vertices.has(id)) targets.add(id);
    }
    if (targets.size > 0) edges.set(vertex.id, targets);
  }
  return edges;
}

/** Services that depend on one that does not exist: a mistake of the program, not of the configuration. */
export function unknownServices(vertices: ReadonlyMap<string, Vertex>): readonly Diagnostic[] {
  return [...vertices.values()].flatMap((vertex) =>
    serviceIds(vertex)
      .filter((id) => vertices.get(id)?.kind !== "service")
      .map((id): Diagnostic => ({
        severity: "error",
        message: `service ${quote(vertex.id)} has invalid reference to service ${quote(id)}`,
      })),
  );
}

function serviceIds(vertex: Vertex): readonly string[] {
  return vertex.kind === "service" ? (vertex.service.dependsOn ?? []) : [];
}

function templateIds(vertex: Vertex): readonly string[] {
  if (vertex.kind === "custom") return [templateId(vertex.namespace, vertex.template)];
  return vertex.kind === "declare" || vertex.kind === "foreach" ? usedTemplates(vertex.block.body) : [];
}

/** What the body of a declare or a foreach may use of the templates around it: all that it does not declare itself. */
function usedTemplates(body: readonly Statement[]): readonly string[] {
  const blocks = body.filter((statement): statement is Block => statement.kind === "block");
  const own = new Set(blocks.filter(({ name }) => name === "declare").map((block) => `declare.${labelOf(block)}`));
  const used = blocks.flatMap((block) => {
    if (block.name === "declare" || block.name === "foreach" || block.name === "template") return usedTemplates(block.body);
    const custom = splitTemplateName(block.name);
    return custom === undefined ? [] : [templateId(custom.namespace, custom.template)];
  });
  return used.filter((id) => !own.has(id));
}

function templateId(namespace: string, template: string): string {
  return namespace === "" ? `declare.${template}` : importId(namespace);
}

/** Imports of all kinds share one name space. */
function importId(namespace: string): string {
  return `import/${namespace}`;
}
