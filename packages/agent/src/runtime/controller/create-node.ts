import type { Value } from "../../schema/index.ts";
import type { Vertex } from "../graph/vertex.ts";
import { ComponentNode } from "../nodes/component-node.ts";
import { globalId } from "../nodes/controller-path.ts";
import { CustomNode } from "../nodes/custom-node.ts";
import { ForeachNode } from "../nodes/foreach-node.ts";
import { ImportNode } from "../nodes/import-node.ts";
import type { ModuleSurroundings } from "../nodes/module.ts";
import { ArgumentNode, ExportNode } from "../nodes/module-nodes.ts";
import type { LiveNode } from "../nodes/node.ts";
import { ConfigNode, DeclareNode, ServiceNode } from "../nodes/program-nodes.ts";
import type { RuntimeOptions } from "../options.ts";

/** What nodes get from the controller that they belong to. */
export interface NodeSurroundings extends Omit<ModuleSurroundings, "predecessor"> {
  readonly runtime: RuntimeOptions;
  readonly controllerId: string;
  /** The arguments of the module in force. */
  readonly moduleArguments: () => ReadonlyMap<string, Value>;
}

/** `predecessor` resolves when a removed node of the same id has stopped. */
export function createNode(vertex: Vertex, surroundings: NodeSurroundings, predecessor: Promise<void> | undefined): LiveNode {
  const { runtime, controllerId, exportsChanged, isLeaving } = surroundings;
  switch (vertex.kind) {
    case "component":
      return new ComponentNode(vertex, globalId(controllerId, vertex.id), { ...runtime, exportsChanged, isLeaving, predecessor });
    case "custom":
      return new CustomNode(vertex, globalId(controllerId, vertex.id), { ...surroundings, predecessor });
    case "foreach":
      return new ForeachNode(vertex, globalId(controllerId, vertex.id), {
        ...surroundings,
        log: runtime.log,
        metrics: runtime.metrics,
        predecessor,
      });
    case "import":
      return new ImportNode(vertex, globalId(controllerId, vertex.id), {
        runtime,
        modulePath: () => surroundings.templates().modulePath,
        origins: [],
        predecessor,
        exportsChanged,
      });
    case "declare":
      return new DeclareNode(vertex);
    case "argument":
      return new ArgumentNode(vertex, surroundings.moduleArguments);
    case "export":
      return new ExportNode(vertex);
    case "config":
      return new ConfigNode(vertex, named(runtime.configBlocks, vertex.id));
    default:
      return new ServiceNode(vertex, named(runtime.services, vertex.id));
  }
}

function named<T extends { readonly name: string }>(items: readonly T[], name: string): T {
  const item = items.find((candidate) => candidate.name === name);
  if (item === undefined) throw new Error(`the graph knows ${name}, the program does not`);
  return item;
}
