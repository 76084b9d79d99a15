import type { Type } from "../../schema/index.ts";
import type { Graph } from "../graph/graph.ts";
import type { ComponentVertex, Reference, Vertex } from "../graph/vertex.ts";

/** Data that goes from one component to another. */
export interface Flow {
  readonly from: string;
  readonly to: string;
}

/** Whether the vertex is listed as a component. */
export function isComponent({ kind }: Vertex): boolean {
  return kind === "component" || kind === "custom" || kind === "foreach";
}

/**
 * The flows that the references of a configuration stand for, one for each reference: whoever names a receiver sends to it, whoever names anything else is
 * sent it. What goes through custom components cannot be told from outside.
 */
export function dataFlows(graph: Graph): readonly Flow[] {
  return [...graph.vertices.values()]
    .filter(isComponent)
    .flatMap((vertex) => graph.references(vertex.id).flatMap((reference) => flowOf(vertex, reference) ?? []));
}

function flowOf(from: Vertex, { target, path }: Reference): Flow | undefined {
  const [name] = path;
  if (target.kind !== "component" || name === undefined) return undefined;
  const type = exportType(target, name.name);
  if (type === undefined) return undefined;
  return carriesReceivers(type) ? { from: from.id, to: target.id } : { from: target.id, to: from.id };
}

function exportType({ component }: ComponentVertex, name: string): Type<unknown> | undefined {
  const field = Object.hasOwn(component.exports, name) ? component.exports[name] : undefined;
  return field?.field === "attribute" ? field.type : undefined;
}

function carriesReceivers(type: Type<unknown>): boolean {
  return type.flow === "receiver" || (type.element !== undefined && carriesReceivers(type.element));
}
