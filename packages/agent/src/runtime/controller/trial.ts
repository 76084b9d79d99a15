import type { Diagnostic } from "@flameline/syntax";
import type { Logger } from "../../component/index.ts";
import { LogDuration } from "../../component/index.ts";
import type { Value } from "../../schema/index.ts";
import { equalValues } from "../../schema/index.ts";
import type { ModuleTrial } from "../nodes/module.ts";
import type { LiveNode } from "../nodes/node.ts";
import { takeTurns } from "./turns.ts";
import { NodeError, describeFailure, errorText } from "../nodes/node-error.ts";
import type { BodyState } from "./body-state.ts";
import { exportsOf } from "./body-state.ts";

export interface TrialOptions {
  /** The configuration on trial. Its nodes have taken their blocks already. */
  readonly state: BodyState;
  /** The configuration in force. */
  readonly former: BodyState;
  readonly log: Logger;
  /** Level for the evaluation of single nodes. */
  readonly nodeLevel: "debug" | "info";
  /** The nodes of the body that hold the port which an error says is taken. */
  readonly holders: (error: Error) => readonly LiveNode[];
  /** Whoever refers to the node has its turn later in the same pass. */
  readonly settled: (node: LiveNode) => void;
  /** Puts the configuration in force and settles its nodes. Those of `late` can be built when what is removed has stopped. */
  readonly accept: (late: readonly LiveNode[]) => void;
  /** Goes on with the configuration that was in force. `changed` are those of its nodes whose exports are not what they were before the trial. */
  readonly refuse: (changed: readonly LiveNode[]) => void;
}

/**
 * A configuration of a body that is being tried out next to the one in force. First everything is decoded, checked and built, which touches nothing that runs;
 * then what runs is updated. When anything fails, updates are taken back and what was built is given back: nothing has happened.
 */
export class Trial implements ModuleTrial {
  readonly #options: TrialOptions;
  readonly #begin: number = performance.now();
  readonly #failures = new Map<string, NodeError>();
  /** Nodes whose outcome is not known yet: an update is due, of theirs or of something that they depend on. */
  readonly #pending = new Set<string>();
  readonly #late: LiveNode[] = [];
  readonly #exportsBefore: ReadonlyMap<string, LiveNode["exports"]>;

  constructor(options: TrialOptions) {
    this.#options = options;
    this.#exportsBefore = new Map([...options.former.nodes.values()].map(({ id, exports }) => [id, exports]));
  }

  get diagnostics(): readonly Diagnostic[] {
    return this.#ordered().flatMap((node) => {
      const failure = this.#failures.get(node.id);
      return failure === undefined ? [] : describeFailure(node.vertex, failure);
    });
  }

  get pending(): boolean {
    return this.#pending.size > 0;
  }

  get exports(): ReadonlyMap<string, Value> {
    return exportsOf(this.#options.state);
  }

  /** Decodes, checks and builds, dependencies first, whether others fail or not. What depends on an update that is due has to wait for it. */
  async check(): Promise<void> {
    this.#options.log.info("starting complete graph evaluation");
    for (const node of this.#ordered()) await this.#check(node);
  }

  /**
   * Carries out the updates that are due until one fails, those of the program itself last: they are the hardest to take back. With new arguments for the
   * body everything is checked again before.
   */
  async apply(args?: ReadonlyMap<string, Value>): Promise<void> {
    const { state } = this.#options;
    if (args !== undefined) {
      state.arguments = args;
      this.#failures.clear();
      this.#pending.clear();
      this.#late.length = 0;
      for (const node of this.#ordered()) await this.#check(node);
    }
    const ofProgram = ({ vertex }: LiveNode): boolean => vertex.kind === "service" || vertex.kind === "config";
    const due = this.#ordered().filter(({ id }) => this.#pending.delete(id));
    await takeTurns([...due.filter((one) => !ofProgram(one)), ...due.filter(ofProgram)], {
      attempt: async (node) => (this.#failures.size > 0 ? undefined : this.#attempt(node, () => node.evaluate(state.scope.scope))),
      holders: this.#options.holders,
      leaving: this.#leaving,
      failed: (node, error) => this.#fail(node, error),
    });
  }

  settle(): void {
    this.#finish();
    this.#options.accept(this.#late);
  }

  /** Last first, so that nothing refers to what is gone already. Those in force that refused the new configuration say so. */
  async revert(): Promise<void> {
    const { former, refuse, holders, log } = this.#options;
    const mayBeAside = [...this.#leaving].filter((node) => node.stepAside !== undefined);
    await takeTurns([...this.#ordered().toReversed(), ...mayBeAside], {
      attempt: (node) => this.#takeBack(node),
      holders,
      leaving: new Set(),
      failed: ({ id }, error) => log.error("failed to return to the former configuration", { node: id, err: errorText(error) }),
    });
    for (const [id, failure] of this.#failures) former.nodes.get(id)?.refused?.(failure.message);
    this.#finish();
    refuse([...former.nodes.values()].filter(({ id, exports }) => !sameExports(exports, this.#exportsBefore.get(id))));
  }

  async #takeBack(node: LiveNode): Promise<Error | undefined> {
    try {
      await node.revert();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      if (this.#options.state.nodes.get(node.id) === node) this.#options.settled(node);
    }
  }

  async #check(node: LiveNode): Promise<void> {
    const { state, log, nodeLevel } = this.#options;
    const started = performance.now();
    if ([...state.graph.dependencies(node.id)].some((id) => this.#pending.has(id))) this.#pending.add(node.id);
    else {
      const failure = await this.#attempt(node, async () => {
        const outcome = await node.check(state.scope.scope);
        if (outcome === "pending") this.#pending.add(node.id);
        if (outcome === "late") this.#late.push(node);
      });
      if (failure !== undefined) this.#fail(node, failure);
    }
    log[nodeLevel]("finished node evaluation", { node_id: node.id, duration: new LogDuration(performance.now() - started) });
  }

  async #attempt(node: LiveNode, work: () => Promise<void>): Promise<NodeError | undefined> {
    const { state, settled } = this.#options;
    try {
      await work();
      return undefined;
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      return error;
    } finally {
      state.scope.set(node.id, node.exports);
      settled(node);
    }
  }

  #fail(node: LiveNode, failure: NodeError): void {
    this.#options.log.error("failed to evaluate config", { node: node.id, err: failure.message });
    this.#failures.set(node.id, failure);
  }

  /** Those of the configuration in force that the one on trial does not have. */
  get #leaving(): ReadonlySet<LiveNode> {
    const { state, former } = this.#options;
    return new Set([...former.nodes.values()].filter((node) => state.nodes.get(node.id) !== node));
  }

  #ordered(): readonly LiveNode[] {
    const { graph, nodes } = this.#options.state;
    return graph.order.flatMap(({ id }) => nodes.get(id) ?? []);
  }

  #finish(): void {
    this.#options.log.info("finished complete graph evaluation", { duration: new LogDuration(performance.now() - this.#begin) });
  }
}

function sameExports(a: LiveNode["exports"], b: LiveNode["exports"]): boolean {
  return a === undefined || b === undefined ? a === b : equalValues(new Map(a), new Map(b));
}

/** A configuration that is wrong as a whole. */
export class HopelessTrial implements ModuleTrial {
  readonly diagnostics: readonly Diagnostic[];
  readonly pending = false;
  readonly exports: ReadonlyMap<string, Value> = new Map();

  constructor(diagnostics: readonly Diagnostic[]) {
    this.diagnostics = diagnostics;
  }

  async apply(): Promise<void> {
    // Nothing makes it better.
  }

  settle(): void {
    throw new Error("a configuration that is wrong cannot be put in force");
  }

  async revert(): Promise<void> {
    // Nothing was touched.
  }
}

/** Sees a trial through: the configuration is in force, or nothing has changed. Returns what is wrong with it. */
export async function decide(trial: ModuleTrial): Promise<readonly Diagnostic[]> {
  try {
    if (trial.diagnostics.length === 0 && trial.pending) await trial.apply();
  } catch (error) {
    await trial.revert();
    throw error;
  }
  const { diagnostics } = trial;
  if (diagnostics.length === 0) trial.settle();
  else await trial.revert();
  return diagnostics;
}
