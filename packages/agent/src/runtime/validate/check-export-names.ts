import type { Diagnostic } from "@flameline/syntax";
import { errorAt, quote } from "@flameline/syntax";
import type { TemplateRegistry } from "../graph/templates.ts";
import type { Reference, Vertex } from "../graph/vertex.ts";
import { labelOf } from "../graph/vertex.ts";
import { isBlockNamed } from "./check-schema.ts";

/** References to exports that their component does not have. They would fail at the first evaluation, in the same words. */
export function checkExportNames(references: readonly Reference[], templates: TemplateRegistry): readonly Diagnostic[] {
  return references.flatMap(({ source, target, path: [name] }) => {
    const exports = exportNames(target, templates);
    return name === undefined || exports === undefined || exports.has(name.name)
      ? []
      : [errorAt({ ...name, source }, `field ${quote(name.name)} does not exist`)];
  });
}

function exportNames(target: Vertex, templates: TemplateRegistry): ReadonlySet<string> | undefined {
  if (target.kind === "component") return new Set(Object.keys(target.component.exports));
  if (target.kind !== "custom") return undefined;
  const template = templates.find(target.namespace, target.template);
  return template && new Set(template.block.body.filter((statement) => isBlockNamed(statement, "export")).map(labelOf));
}
