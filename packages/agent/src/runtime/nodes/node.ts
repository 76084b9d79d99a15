import type { Scope } from "../../schema/index.ts";
import type { Value } from "../../schema/value.ts";
import type { Graph } from "../graph/graph.ts";
import type { Vertex } from "../graph/vertex.ts";
import type { NodeHealth } from "./node-health.ts";

/** Something that lives across reloads: it keeps its state as long as the configuration has a vertex with its id and kind. */
export interface LiveNode {
  readonly id: string;
  readonly vertex: Vertex;
  /** What expressions see under the node's id, undefined when there is nothing to see. */
  readonly exports: ReadonlyMap<string, Value> | undefined;
  /** Of what is counted by its health. */
  readonly health?: NodeHealth;
  /** Takes its vertex of a configuration that is tried out. `check` follows, then `settle` or `revert`. */
  assign(vertex: Vertex): void;
  /**
   * Does what is needed to be in line with its block, except to what runs already: when that has to change, the outcome is `pending`, and `evaluate` follows
   * if all goes well. Rejects with a `NodeError`.
   */
  check(scope: Scope): Promise<CheckOutcome>;
  /** Brings itself in line with its block. Rejects with a `NodeError`; what it did before stays in force then. Never called concurrently. */
  evaluate(scope: Scope): Promise<void>;
  /** The configuration that was tried out is in force. */
  settle(): void;
  /**
   * The configuration that was tried out is not to be: everything is again as it was before `assign`. Rejects when that cannot be; when another node holds its
   * port, it can be called again.
   */
  revert(): Promise<void>;
  /** Lets go of the port that it holds, for another one; false when it cannot. `evaluate` or `revert` follows, unless it is removed. */
  stepAside?(): Promise<boolean>;
  /** Called after `revert` when it was this node that could not take the configuration. */
  refused?(reason: string): void;
}

/** `late`: it can only be built when something that the new configuration does not have any more has let go of a port. `evaluate` follows after that. */
export type CheckOutcome = "ready" | "pending" | "late";

/** A node with something to run. */
export interface RunnableNode extends LiveNode {
  /** There is something that has not been run yet. */
  readonly runnable: boolean;
  /** Called when `runnable`. Works until `signal` aborts; may end earlier, and is called again after something new was made. */
  run(signal: AbortSignal): Promise<void>;
  /** Gives everything back, after the run has ended or instead of it. Never rejects. */
  dispose(): Promise<void>;
}

export function isRunnable(node: LiveNode): node is RunnableNode {
  return "run" in node;
}

/** What a node gets from the controller that it stands in. */
export interface NodeContext {
  /** Whether the configuration on trial has no such component any more. */
  readonly isLeaving: (globalId: string) => boolean;
  readonly exportsChanged: (node: LiveNode) => void;
  /** Resolves when an earlier node of the same id has stopped; undefined when there is none. */
  readonly predecessor: Promise<void> | undefined;
}

/** A configuration in force, to look at. */
export interface LoadedBody {
  /** Global id; empty for the top level. */
  readonly id: string;
  readonly graph: Graph;
  /** By id, one for each vertex of the graph. */
  readonly nodes: ReadonlyMap<string, LiveNode>;
}
