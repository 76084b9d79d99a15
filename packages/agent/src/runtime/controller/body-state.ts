import type { Value } from "../../schema/index.ts";
import { Scope } from "../../schema/index.ts";
import { Graph } from "../graph/graph.ts";
import { TemplateRegistry } from "../graph/templates.ts";
import { labelOf } from "../graph/vertex.ts";
import { ExportNode } from "../nodes/module-nodes.ts";
import type { LiveNode } from "../nodes/node.ts";
import { ModuleScope } from "./module-scope.ts";

/** One configuration of a body, in force or on trial. */
export interface BodyState {
  readonly graph: Graph;
  /** By id, one for each vertex of the graph. */
  readonly nodes: ReadonlyMap<string, LiveNode>;
  readonly templates: TemplateRegistry;
  /** What its expressions see. */
  scope: ModuleScope;
  /** Of a module: what it was given. */
  arguments: ReadonlyMap<string, Value>;
}

/** Before the first load. */
export function emptyState(): BodyState {
  return {
    graph: Graph.empty,
    nodes: new Map(),
    templates: new TemplateRegistry({ declares: [], imports: [], modulePath: "" }),
    scope: new ModuleScope({}, new Scope(new Map())),
    arguments: new Map(),
  };
}

/** What a module exports, as far as it has been evaluated. */
export function exportsOf({ nodes }: BodyState): ReadonlyMap<string, Value> {
  const exports = new Map<string, Value>();
  for (const node of nodes.values()) {
    if (node instanceof ExportNode && node.value !== undefined) exports.set(labelOf(node.vertex.block), node.value);
  }
  return exports;
}
