import type { Health } from "../../component/index.ts";
import type { ApiStatement, Value } from "../../schema/index.ts";
import { anyBlock, renderArguments, renderDebugInfo, renderExports, renderValue } from "../../schema/index.ts";
import { labelOf } from "../graph/vertex.ts";
import { ComponentNode } from "../nodes/component-node.ts";
import { CustomNode } from "../nodes/custom-node.ts";
import { foreachBlock } from "../nodes/foreach-arguments.ts";
import { ForeachNode } from "../nodes/foreach-node.ts";
import type { LiveNode, LoadedBody } from "../nodes/node.ts";
import { dataFlows, isComponent } from "./data-flow.ts";
import type { LiveEvent } from "./live-feed.ts";
import { liveEvent, supportsLiveDebugging } from "./live-feed.ts";

/** A component as the HTTP API shows it. Members and their names are the reference's. */
export interface ComponentJson {
  readonly name: string;
  readonly type: "block";
  readonly localID: string;
  /** Global id of the custom component around it, empty at the top level. */
  readonly moduleID: string;
  readonly label?: string;
  /** Local ids of components of the same body. */
  readonly referencesTo: readonly string[];
  readonly referencedBy: readonly string[];
  readonly dataFlowEdgesTo: readonly string[];
  readonly health: {
    readonly state: Health["state"];
    readonly message: string;
    /** RFC 3339. */
    readonly updatedTime: string;
  };
  readonly original: "";
  readonly arguments: readonly ApiStatement[];
  readonly exports: readonly ApiStatement[];
  readonly debugInfo: readonly ApiStatement[];
  readonly createdModuleIDs?: readonly string[];
  readonly liveDebuggingEnabled: boolean;
}

type ListedNode = ComponentNode | CustomNode | ForeachNode;

/** Where the data of each component goes, by id. */
type Flows = ReadonlyMap<string, readonly string[]>;

type Details = Pick<ComponentJson, "arguments" | "exports" | "debugInfo">;

const noDetails: Details = { arguments: [], exports: [], debugInfo: [] };

/** Answers questions about what runs. Answers are snapshots. */
export class Inspector {
  readonly #root: LoadedBody;

  constructor(root: LoadedBody) {
    this.#root = root;
  }

  /** The components of one body in the order of their evaluation, without arguments, exports and debug info; undefined for an unknown module. */
  components(moduleId = ""): readonly ComponentJson[] | undefined {
    const body = this.#body(moduleId);
    if (body === undefined) return undefined;
    const flows = flowsByOrigin(body);
    return listedNodes(body).map((node) => describe(body, node, flows, noDetails));
  }

  /** Everything about one component by its global id. */
  component(id: string): ComponentJson | undefined {
    const found = this.#find(id);
    return found && describe(found.body, found.node, flowsByOrigin(found.body), details(found.node));
  }

  /** The global id of the component that the longest part of a path names: `a/b` of `a/b/metrics`. The path must not begin with a slash. */
  componentIdOf(path: string): string | undefined {
    let body: LoadedBody | undefined = this.#root;
    let found: string | undefined;
    for (let end = 0, begin = 0; body !== undefined && end < path.length; begin = end + 1) {
      const slash = path.indexOf("/", begin);
      end = slash < 0 ? path.length : slash;
      const node: LiveNode | undefined = body.nodes.get(path.slice(begin, end));
      if (node !== undefined && isListed(node)) found = path.slice(0, end);
      const children: ReadonlyMap<string, LoadedBody> | undefined = node instanceof ForeachNode ? node.modules : undefined;
      body = children === undefined ? moduleOf(node) : undefined;
      if (children === undefined) continue;
      // A child of a foreach is no component: its name only leads on.
      const next = path.indexOf("/", end + 1);
      body = children.get(path.slice(end + 1, next < 0 ? path.length : next));
      end = next < 0 ? path.length : next;
    }
    return found;
  }

  /** What a component publishes at the moment, for those that can be watched. */
  liveEvent(id: string): LiveEvent | undefined {
    const node = this.#find(id)?.node;
    return node instanceof ComponentNode && supportsLiveDebugging(node.component.name) ? liveEvent(id, node.exports) : undefined;
  }

  /** Names such as `pyroscope.scrape` of the components at the top level that are unhealthy in what they do; a refused configuration makes none so. */
  unhealthyNames(): readonly string[] {
    return listedNodes(this.#root)
      .filter(({ health }) => health.probed.state === "unhealthy")
      .map(({ vertex }) => vertex.block.name);
  }

  /** @internal Every component of the program, those inside custom components included. */
  componentNodes(): readonly ComponentNode[] {
    return this.#bodies(this.#root).flatMap((body) => listedNodes(body).filter((node) => node instanceof ComponentNode));
  }

  #find(id: string): { readonly body: LoadedBody; readonly node: ListedNode } | undefined {
    const slash = id.lastIndexOf("/");
    const body = this.#body(id.slice(0, Math.max(slash, 0)));
    const node = body?.nodes.get(id.slice(slash + 1));
    return body !== undefined && node !== undefined && isListed(node) ? { body, node } : undefined;
  }

  #body(moduleId: string): LoadedBody | undefined {
    let at: LoadedBody | ForeachNode | undefined = this.#root;
    for (const id of moduleId === "" ? [] : moduleId.split("/")) {
      if (at === undefined) return undefined;
      if (at instanceof ForeachNode) at = at.modules.get(id);
      else {
        const node: LiveNode | undefined = at.nodes.get(id);
        at = node instanceof ForeachNode ? node : moduleOf(node);
      }
    }
    return at instanceof ForeachNode ? undefined : at;
  }

  #bodies(body: LoadedBody): readonly LoadedBody[] {
    return [body, ...listedNodes(body).flatMap((node) => modulesOf(node).flatMap((module) => this.#bodies(module)))];
  }
}

function moduleOf(node: LiveNode | undefined): LoadedBody | undefined {
  return node instanceof CustomNode ? node.module : undefined;
}

function modulesOf(node: ListedNode): readonly LoadedBody[] {
  if (node instanceof ForeachNode) return [...node.modules.values()];
  return node instanceof CustomNode && node.module !== undefined ? [node.module] : [];
}

function isListed(node: LiveNode): node is ListedNode {
  return node instanceof ComponentNode || node instanceof CustomNode || node instanceof ForeachNode;
}

function listedNodes({ graph, nodes }: LoadedBody): readonly ListedNode[] {
  return graph.order.flatMap(({ id }) => nodes.get(id) ?? []).filter(isListed);
}

function describe(body: LoadedBody, node: ListedNode, flows: Flows, shown: Details): ComponentJson {
  const { block } = node.vertex;
  const label = labelOf(block);
  const { state, message, updatedAt } = node.health.current;
  return {
    name: block.name,
    type: "block",
    localID: node.id,
    moduleID: body.id,
    ...(label !== "" && { label }),
    referencesTo: componentIds(body, body.graph.dependencies(node.id)),
    referencedBy: componentIds(body, body.graph.dependants(node.id)),
    dataFlowEdgesTo: flows.get(node.id) ?? [],
    health: { state, message, updatedTime: updatedAt.toISOString() },
    original: "",
    ...shown,
    ...(modulesOf(node).length > 0 && { createdModuleIDs: modulesOf(node).map(({ id }) => id) }),
    liveDebuggingEnabled: node instanceof ComponentNode && supportsLiveDebugging(node.component.name),
  };
}

function componentIds({ graph }: LoadedBody, ids: ReadonlySet<string>): readonly string[] {
  return [...ids].filter((id) => {
    const vertex = graph.vertices.get(id);
    return vertex !== undefined && isComponent(vertex);
  });
}

function flowsByOrigin({ graph }: LoadedBody): Flows {
  const byOrigin = Map.groupBy(dataFlows(graph), ({ from }) => from);
  return new Map([...byOrigin].map(([from, flows]) => [from, flows.map(({ to }) => to)]));
}

function details(node: ListedNode): Details {
  if (node instanceof CustomNode) return { arguments: renderAll(node.args), exports: renderAll(node.exports), debugInfo: [] };
  if (node instanceof ForeachNode) {
    return { ...noDetails, arguments: node.args === undefined ? [] : renderArguments(anyBlock(foreachBlock), node.args) };
  }
  const { component, args, published, instance } = node;
  const info = instance?.debugInfo?.();
  return {
    arguments: args === undefined ? [] : renderArguments(component.arguments, args),
    exports: renderExports(component.exports, published),
    debugInfo: component.debugInfo === undefined || info === undefined ? [] : renderDebugInfo(component.debugInfo, info),
  };
}

function renderAll(values: ReadonlyMap<string, Value>): readonly ApiStatement[] {
  const names = [...values.keys()].sort();
  return names.map((name) => ({ name, type: "attr", value: renderValue(values.get(name) ?? null) }));
}
