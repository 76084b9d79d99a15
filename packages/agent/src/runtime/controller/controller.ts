import { setTimeout as delay } from "node:timers/promises";
import type { Block, Diagnostic } from "@flameline/syntax";
import { errorAt } from "@flameline/syntax";
import type { Logger } from "../../component/index.ts";
import { LogDuration } from "../../component/index.ts";
import type { Value } from "../../schema/index.ts";
import { Scope, equalValues } from "../../schema/index.ts";
import type { BuiltGraph } from "../graph/build-graph.ts";
import { buildGraph } from "../graph/build-graph.ts";
import type { ComponentCatalog } from "../graph/catalog.ts";
import { blocksOf } from "../graph/classify.ts";
import type { Graph } from "../graph/graph.ts";
import type { ReferenceNote } from "../graph/references.ts";
import { noteTexts } from "../graph/references.ts";
import { TemplateRegistry } from "../graph/templates.ts";
import { labelOf } from "../graph/vertex.ts";
import { dataFlows } from "../inspect/data-flow.ts";
import { aborted } from "../nodes/aborted.ts";
import { pathLabels } from "../nodes/controller-path.ts";
import { ImportNode } from "../nodes/import-node.ts";
import type { Module, ModuleBody, ModuleTrial } from "../nodes/module.ts";
import { ExportNode } from "../nodes/module-nodes.ts";
import { DeclareNode } from "../nodes/program-nodes.ts";
import type { LiveNode, RunnableNode } from "../nodes/node.ts";
import { isRunnable } from "../nodes/node.ts";
import { takenPort } from "../nodes/taken-port.ts";
import { NodeError, describeFailure } from "../nodes/node-error.ts";
import type { RuntimeOptions } from "../options.ts";
import type { BodyState } from "./body-state.ts";
import { emptyState, exportsOf } from "./body-state.ts";
import { ControllerMetrics } from "./controller-metrics.ts";
import type { NodeSurroundings } from "./create-node.ts";
import { createNode } from "./create-node.ts";
import { Gate } from "./gate.ts";
import { ModuleScope } from "./module-scope.ts";
import { Propagation } from "./propagation.ts";
import { Scheduler } from "./scheduler.ts";
import { HopelessTrial, Trial, decide } from "./trial.ts";

/** How long a stop waits for evaluations under way, in milliseconds. */
const evaluationGraceMs = 5000;

/** How long a component may wait for a port that a removed one has not let go of yet, and how often it is tried, in milliseconds. */
const latePatienceMs = 10_000;
const latePauseMs = 50;

/** What surrounds the blocks of a module. */
type TriedBody = Omit<ModuleBody, "template"> & { readonly registry: TemplateRegistry };

/** A module inside a module inside a module: imported declares may use each other in a circle, which nothing else would end. */
const deepestModule = 64;

export interface ControllerOptions {
  /** Global id of the custom component that it runs, empty for the top level. */
  readonly id: string;
  readonly runtime: RuntimeOptions;
  readonly catalog: ComponentCatalog;
  /** How long a task may take to stop, in milliseconds; 0 means without limit. */
  readonly deadlineMs: number;
  /** Of a module: whether a configuration on trial around it has no such component any more. */
  readonly isLeaving?: (globalId: string) => boolean;
  /** Called when what a module exports has changed. */
  readonly exportsChanged?: (exports: ReadonlyMap<string, Value>) => void;
}

/**
 * Keeps one body running: the top level or the body of a custom component. A new configuration is tried out next to the one in force, and either takes its
 * place as a whole or changes nothing. What changes between loads, exports and the arguments of a module, is evaluated node by node: nodes that fail keep
 * what they had.
 */
export class Controller implements Module {
  readonly id: string;
  #state: BodyState = emptyState();
  #trial: BodyState | undefined;
  /** The configuration is being put in force: whoever refers to something has seen it already. */
  #settling = false;
  #exports: ReadonlyMap<string, Value> = new Map();
  #loaded = false;
  /** What went wrong with that which could only be built after the last load. */
  #lateProblems: Promise<readonly Diagnostic[]> = Promise.resolve([]);
  readonly #options: ControllerOptions;
  readonly #standardLibrary: Scope;
  readonly #surroundings: NodeSurroundings;
  readonly #gate: Gate = new Gate();
  readonly #log: Logger;
  readonly #schedulerLog: Logger;
  readonly #metrics: ControllerMetrics;
  readonly #propagation: Propagation;
  readonly #scheduler: Scheduler;

  constructor(options: ControllerOptions) {
    const { id, runtime, catalog } = options;
    this.id = id;
    this.#options = options;
    this.#standardLibrary = new Scope(runtime.standardLibrary);
    this.#log = runtime.log.with(pathLabels("controller", id));
    this.#metrics = new ControllerMetrics(runtime.metrics.scope(pathLabels("controller", id)), () => this.#healthStates());
    this.#schedulerLog = runtime.log.with({ controller_id: id });
    this.#scheduler = new Scheduler({ deadlineMs: options.deadlineMs, log: this.#schedulerLog });
    this.#propagation = new Propagation({
      dependantsOf: (node) => this.#dependantsOf(node),
      evaluate: (node, since) => this.#gate.shared(() => this.#evaluateAgain(node, since)),
      metrics: this.#metrics,
    });
    this.#surroundings = {
      runtime,
      controllerId: id,
      moduleArguments: () => (this.#trial ?? this.#state).arguments,
      templates: () => (this.#trial ?? this.#state).templates,
      moduleScope: () => (this.#trial ?? this.#state).scope,
      createModule: ({ metrics = runtime.metrics, ...module }) =>
        new Controller({ ...module, runtime: { ...runtime, metrics }, catalog, deadlineMs: 0, isLeaving: (id) => this.#isLeaving(id) }),
      isLeaving: (id) => this.#isLeaving(id),
      exportsChanged: (node) => this.#nodeExportsChanged(node),
    };
  }

  get graph(): Graph {
    return this.#state.graph;
  }

  get nodes(): ReadonlyMap<string, LiveNode> {
    return this.#state.nodes;
  }

  /** Tries out a new body of a custom component. Nothing else happens in this body until the trial is settled or reverted. */
  async try(body: ModuleBody): Promise<ModuleTrial> {
    const { blocks, diagnostics } = blocksOf(body.template.block.body);
    if (this.id.split("/").length > deepestModule) {
      return new HopelessTrial([errorAt(body.template.block, `modules are nested deeper than ${deepestModule}`)]);
    }
    return diagnostics.length > 0 ? new HopelessTrial(diagnostics) : this.#try(blocks, { ...body, registry: body.template.registry });
  }

  /**
   * Takes a configuration that may hold what a module may, with nothing around it, or changes nothing. What could only be built after that, and could not,
   * is in force and unhealthy.
   */
  async loadIsolated(blocks: readonly Block[]): Promise<readonly Diagnostic[]> {
    const { modulePath } = this.#options.runtime;
    const registry = new TemplateRegistry({ declares: [], imports: [], modulePath });
    const problems = await decide(await this.#try(blocks, { registry, args: new Map(), argumentPlaces: new Map() }));
    if (problems.length === 0) await this.#lateProblems;
    return problems;
  }

  /** Takes a new configuration of the top level, or changes nothing. Loads run one after the other. */
  async loadBlocks(blocks: readonly Block[]): Promise<readonly Diagnostic[]> {
    const problems = await decide(await this.#try(blocks, undefined));
    return problems.length > 0 ? problems : this.#lateProblems;
  }

  /** Takes new arguments for the body in force. Nodes that fail keep what they had. */
  async follow({ args, outer }: Pick<ModuleBody, "args" | "outer">): Promise<readonly Diagnostic[]> {
    const release = await this.#gate.close();
    try {
      this.#state.arguments = args;
      if (outer !== undefined) this.#state.scope = outer.extended({}, this.#standardLibrary);
      for (const node of this.nodes.values()) this.#state.scope.set(node.id, node.exports);
      const failures: Diagnostic[] = [];
      for (const { id } of this.graph.order) {
        const node = this.nodes.get(id);
        const failure = node && (await this.#evaluate(node));
        if (node === undefined) continue;
        this.#propagation.settled(node);
        if (failure !== undefined) failures.push(...describeFailure(node.vertex, failure));
      }
      this.#publishExports();
      return failures;
    } finally {
      release();
    }
  }

  /** Runs what is loaded, now and later, until `signal` aborts and everything has stopped. */
  async run(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) {
      this.#propagation.start();
      this.#scheduler.start();
      await aborted(signal);
    }
    const loads = this.#gate.close().then((release) => release());
    await Promise.race([Promise.all([this.#propagation.stop(), loads]), delay(evaluationGraceMs, undefined, { ref: false })]);
    await this.#scheduler.stop();
    await this.#disposeNodes();
  }

  async dispose(): Promise<void> {
    await this.#disposeNodes();
    this.#metrics.close();
  }

  async #try(blocks: readonly Block[], body: TriedBody | undefined): Promise<ModuleTrial> {
    const release = await this.#gate.close();
    try {
      const { runtime: options, catalog } = this.#options;
      const module = body && {
        templates: body.registry,
        givenArguments: body.argumentPlaces,
        outerNames: body.outer?.names,
      };
      const built = await buildGraph(blocks, { options, catalog, modulePath: options.modulePath, ...(module && { module }) });
      for (const note of built.notes) this.#logNote(note);
      if (built.diagnostics.length === 0) return await this.#check(built, body, release);
      release();
      return new HopelessTrial(built.diagnostics);
    } catch (error) {
      this.#trial = undefined;
      release();
      throw error;
    }
  }

  async #check(built: BuiltGraph, body: TriedBody | undefined, release: () => void): Promise<Trial> {
    const state = this.#prepare(built, body);
    const end = (): void => {
      this.#trial = undefined;
      this.#settling = false;
      this.#metrics.evaluating.set(0);
      release();
    };
    const trial = new Trial({
      state,
      former: this.#state,
      log: this.#log,
      nodeLevel: this.#loaded ? "debug" : "info",
      holders: (error) => this.#holders(error, state),
      settled: (node) => this.#propagation.settled(node),
      accept: (late) => {
        this.#settling = true;
        for (const node of state.nodes.values()) node.settle();
        this.#accept(state);
        end();
        this.#lateProblems = this.#buildLate(late);
      },
      refuse: (changed) => {
        for (const node of changed) this.#nodeExportsChanged(node);
        end();
      },
    });
    this.#trial = state;
    this.#metrics.evaluating.set(1);
    try {
      await trial.check();
    } catch (error) {
      await trial.revert();
      throw error;
    }
    return trial;
  }

  /** A configuration with nodes of the one in force where they fit. */
  #prepare({ graph, templates }: BuiltGraph, body: TriedBody | undefined): BodyState {
    const variables = { module_path: templates.modulePath, ...(body && { argument: new Map() }) };
    const scope = body?.outer?.extended({}, this.#standardLibrary) ?? new ModuleScope(variables, this.#standardLibrary);
    const nodes = new Map<string, LiveNode>();
    for (const vertex of graph.vertices.values()) {
      const known = this.nodes.get(vertex.id);
      const node = known?.vertex.kind === vertex.kind ? known : createNode(vertex, this.#surroundings, this.#scheduler.leaving(vertex.id));
      node.assign(vertex);
      if (vertex.kind === "import" && node instanceof ImportNode) templates.provide(labelOf(vertex.block), node);
      nodes.set(vertex.id, node);
      scope.set(vertex.id, node.exports);
    }
    return { graph, nodes, templates, scope, arguments: body?.args ?? new Map() };
  }

  /** Puts a configuration in force. */
  #accept(state: BodyState): void {
    const removed = [...this.nodes.values()].filter((node) => state.nodes.get(node.id) !== node);
    this.#state = state;
    this.#loaded = true;
    this.#metrics.setConnections(dataFlows(state.graph));
    this.#publishExports();
    this.#schedulerLog.info("scheduling loaded components and services");
    this.#scheduler.replan(this.#runnables(), removed.filter(isRunnable));
  }

  /** Builds what had to wait for ports of removed components. What fails now is in force and unhealthy. */
  async #buildLate(nodes: readonly LiveNode[]): Promise<readonly Diagnostic[]> {
    if (nodes.length === 0) return [];
    const patience = performance.now() + latePatienceMs;
    await this.#scheduler.request();
    const failures: Diagnostic[] = [];
    for (const node of nodes) {
      let failure = await this.#gate.shared(() => this.#evaluate(node));
      while (failure !== undefined && takenPort(failure) !== undefined && performance.now() < patience) {
        await delay(latePauseMs);
        failure = await this.#gate.shared(() => this.#evaluate(node));
      }
      if (failure !== undefined) failures.push(...describeFailure(node.vertex, failure));
    }
    await this.#scheduler.request();
    return failures;
  }

  /** Something goes with the configuration on trial of the body that it stands in, or of one around that. */
  #isLeaving(id: string): boolean {
    return this.#removes(id) || this.#options.isLeaving?.(id) === true;
  }

  /** The nodes, in force and on trial, that hold the port which an error says is taken. */
  #holders(error: Error, trial: BodyState): readonly LiveNode[] {
    const port = takenPort(error);
    if (port === undefined) return [];
    const ids = this.#options.runtime.componentServices.ownAddresses.receiversAt(port).flatMap((id) => this.#localId(id) ?? []);
    return [...new Set(ids.flatMap((id) => [this.nodes.get(id) ?? [], trial.nodes.get(id) ?? []].flat()))];
  }

  /** The node of this body that is, or has inside, what has this global id; undefined for what stands elsewhere. */
  #localId(id: string): string | undefined {
    const prefix = this.id === "" ? "" : `${this.id}/`;
    return id.startsWith(prefix) ? id.slice(prefix.length).split("/", 1)[0] : undefined;
  }

  #removes(id: string): boolean {
    const first = this.#localId(id);
    if (this.#trial === undefined || first === undefined) return false;
    return this.nodes.has(first) && this.nodes.get(first) !== this.#trial.nodes.get(first);
  }

  async #evaluateAgain(node: LiveNode, since: number): Promise<void> {
    if (this.nodes.get(node.id) !== node) return;
    const started = performance.now();
    this.#metrics.dependenciesWait.observe((started - since) / 1000);
    await this.#evaluate(node);
    if (node instanceof ExportNode) this.#publishExports();
    // What an import brings changes those who use a declare around it.
    if (node instanceof DeclareNode) this.#propagation.changed(node);
    const duration = performance.now() - started;
    this.#metrics.observeEvaluation(node.id, duration / 1000);
    this.#log.debug("finished node evaluation", { node_id: node.id, duration: new LogDuration(duration) });
  }

  async #evaluate(node: LiveNode): Promise<NodeError | undefined> {
    try {
      await node.evaluate(this.#state.scope.scope);
      return undefined;
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      this.#log.error("failed to evaluate config", { node: node.id, err: error.message });
      return error;
    } finally {
      this.#state.scope.set(node.id, node.exports);
    }
  }

  #nodeExportsChanged(node: LiveNode): void {
    const states = this.#statesOf(node);
    for (const { scope } of states) scope.set(node.id, node.exports);
    if (states.length > 0 && !this.#settling) this.#propagation.changed(node);
  }

  #dependantsOf(node: LiveNode): readonly LiveNode[] {
    const dependants = this.#statesOf(node).flatMap(({ graph, nodes }) =>
      [...graph.dependants(node.id)].flatMap((id) => nodes.get(id) ?? []),
    );
    return [...new Set(dependants)];
  }

  /** The configurations, in force and on trial, that the node is part of. */
  #statesOf(node: LiveNode): readonly BodyState[] {
    return [this.#state, this.#trial].filter((state) => state !== undefined).filter(({ nodes }) => nodes.get(node.id) === node);
  }

  #publishExports(): void {
    const exports = exportsOf(this.#state);
    if (equalValues(exports, this.#exports)) return;
    this.#exports = exports;
    this.#options.exportsChanged?.(exports);
  }

  #runnables(): readonly { readonly node: RunnableNode; readonly group: number }[] {
    return this.graph.order.flatMap(({ id }) => {
      const node = this.nodes.get(id);
      return node !== undefined && isRunnable(node) ? [{ node, group: this.graph.group(id) }] : [];
    });
  }

  #healthStates(): readonly string[] {
    return [...this.nodes.values()].flatMap(({ health }) => health?.working.state ?? []);
  }

  #logNote({ kind, subject, name }: ReferenceNote): void {
    this.#log.warn(noteTexts[kind], kind === "shadowing" ? { component: subject, stdlib_name: name } : { function: subject });
  }

  async #disposeNodes(): Promise<void> {
    await Promise.all(
      [...this.nodes.values()]
        .filter(isRunnable)
        .filter(({ runnable }) => runnable)
        .map((node) => node.dispose()),
    );
  }
}
