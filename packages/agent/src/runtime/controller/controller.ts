import { setTimeout as delay } from "node:timers/promises";
import type { Block, Diagnostic } from "@flameline/syntax";
import type { Logger } from "../../component/index.ts";
import { LogDuration } from "../../component/index.ts";
import type { Value } from "../../schema/index.ts";
import { Scope, equalValues } from "../../schema/index.ts";
import type { BuiltGraph } from "../graph/build-graph.ts";
import { buildGraph } from "../graph/build-graph.ts";
import type { ComponentCatalog } from "../graph/catalog.ts";
import { blocksOf } from "../graph/classify.ts";
import { Graph } from "../graph/graph.ts";
import type { ReferenceNote } from "../graph/references.ts";
import { noteTexts } from "../graph/references.ts";
import { TemplateRegistry } from "../graph/templates.ts";
import { labelOf } from "../graph/vertex.ts";
import { dataFlows } from "../inspect/data-flow.ts";
import { aborted } from "../nodes/aborted.ts";
import { ComponentNode } from "../nodes/component-node.ts";
import { pathLabels } from "../nodes/controller-path.ts";
import type { Module, ModuleBody } from "../nodes/custom-node.ts";
import { CustomNode } from "../nodes/custom-node.ts";
import { ExportNode } from "../nodes/module-nodes.ts";
import type { LiveNode, RunnableNode } from "../nodes/node.ts";
import { isRunnable } from "../nodes/node.ts";
import { NodeError, describeFailure } from "../nodes/node-error.ts";
import type { RuntimeOptions } from "../options.ts";
import { ControllerMetrics } from "./controller-metrics.ts";
import type { NodeSurroundings } from "./create-node.ts";
import { createNode } from "./create-node.ts";
import { Gate } from "./gate.ts";
import { ModuleScope } from "./module-scope.ts";
import { Propagation } from "./propagation.ts";
import { Scheduler } from "./scheduler.ts";

/** How long a stop waits for evaluations under way, in milliseconds. */
const evaluationGraceMs = 5000;

export interface ControllerOptions {
  /** Global id of the custom component that it runs, empty for the top level. */
  readonly id: string;
  readonly runtime: RuntimeOptions;
  readonly catalog: ComponentCatalog;
  /** How long a task may take to stop, in milliseconds; 0 means without limit. */
  readonly deadlineMs: number;
  /** Called when what a module exports has changed. */
  readonly exportsChanged?: (exports: ReadonlyMap<string, Value>) => void;
}

/**
 * Keeps one body running: the top level or the body of a custom component. A load builds the new graph first; when that fails, everything stays as it is.
 * Then every node of it is evaluated, and what changed is scheduled; nodes that failed keep what they had.
 */
export class Controller implements Module {
  readonly id: string;
  #graph: Graph = Graph.empty;
  #nodes: ReadonlyMap<string, LiveNode> = new Map();
  #templates: TemplateRegistry = new TemplateRegistry([], new Map());
  #scope: ModuleScope;
  #arguments: ReadonlyMap<string, Value> = new Map();
  #exports: ReadonlyMap<string, Value> = new Map();
  #succeeded = false;
  #loads: Promise<unknown> = Promise.resolve();
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
    this.#scope = new ModuleScope({}, this.#standardLibrary);
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
      moduleArguments: () => this.#arguments,
      templates: () => this.#templates,
      createModule: (moduleId, exportsChanged) => new Controller({ id: moduleId, runtime, catalog, deadlineMs: 0, exportsChanged }),
      exportsChanged: (node) => this.#nodeExportsChanged(node),
    };
  }

  get graph(): Graph {
    return this.#graph;
  }

  get nodes(): ReadonlyMap<string, LiveNode> {
    return this.#nodes;
  }

  /** Takes a new body of a custom component. Loads run one after the other. */
  async load(body: ModuleBody): Promise<readonly Diagnostic[]> {
    const { blocks, diagnostics } = blocksOf(body.template.block.body);
    return diagnostics.length > 0 ? diagnostics : this.#enqueue(() => this.#load(blocks, body));
  }

  /** Takes a new configuration of the top level. Loads run one after the other. */
  loadBlocks(blocks: readonly Block[]): Promise<readonly Diagnostic[]> {
    return this.#enqueue(() => this.#load(blocks, undefined));
  }

  /** Runs what is loaded, now and later, until `signal` aborts and everything has stopped. Before the first load without errors nothing runs. */
  async run(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) {
      this.#propagation.start();
      this.#scheduler.start();
      await aborted(signal);
    }
    await Promise.race([Promise.all([this.#propagation.stop(), this.#loads]), delay(evaluationGraceMs, undefined, { ref: false })]);
    await this.#scheduler.stop();
    await this.#disposeNodes();
  }

  async dispose(): Promise<void> {
    await this.#disposeNodes();
    this.#metrics.close();
  }

  #enqueue<T>(load: () => Promise<T>): Promise<T> {
    const result = this.#loads.then(load);
    // One load that breaks must not keep out the next.
    this.#loads = result.catch(() => {});
    return result;
  }

  async #load(blocks: readonly Block[], body: ModuleBody | undefined): Promise<readonly Diagnostic[]> {
    const { runtime: options, catalog } = this.#options;
    const module = body && { templates: body.template.registry, givenArguments: body.argumentPlaces };
    const built = await buildGraph(blocks, { options, catalog, ...(module && { module }) });
    for (const note of built.notes) this.#logNote(note);
    if (built.diagnostics.length > 0) return built.diagnostics;
    return this.#gate.exclusive(async () => {
      // A module follows its arguments silently: they may change often.
      const level = body?.reloaded === false ? "debug" : "info";
      const removed = this.#replace(built, body);
      const failures = await this.#evaluateAll(level);
      this.#succeeded ||= failures.length === 0;
      if (this.#succeeded) this.#schedulerLog[level]("scheduling loaded components and services");
      this.#scheduler.replan(this.#succeeded ? this.#runnables() : [], removed);
      return failures;
    });
  }

  /** Puts the new graph in force, with nodes of the old one where they fit. Returns those that have no place any more. */
  #replace({ graph, templates }: BuiltGraph, body: ModuleBody | undefined): readonly RunnableNode[] {
    const { modulePath } = this.#options.runtime;
    const scope = new ModuleScope({ module_path: modulePath, ...(body && { argument: new Map() }) }, this.#standardLibrary);
    const nodes = new Map<string, LiveNode>();
    for (const vertex of graph.vertices.values()) {
      const known = this.#nodes.get(vertex.id);
      const node = known?.vertex.kind === vertex.kind ? known : createNode(vertex, this.#surroundings, this.#scheduler.leaving(vertex.id));
      node.assign(vertex);
      nodes.set(vertex.id, node);
      scope.set(vertex.id, node.exports);
    }
    const removed = [...this.#nodes.values()].filter((node) => nodes.get(node.id) !== node);
    this.#graph = graph;
    this.#nodes = nodes;
    this.#templates = templates;
    this.#scope = scope;
    this.#arguments = body?.args ?? new Map();
    this.#metrics.setConnections(dataFlows(graph));
    return removed.filter(isRunnable);
  }

  /** Evaluates every node, dependencies first, whether others fail or not. */
  async #evaluateAll(level: "debug" | "info"): Promise<readonly Diagnostic[]> {
    const begin = performance.now();
    const nodeLevel = this.#succeeded ? "debug" : level;
    this.#log[level]("starting complete graph evaluation");
    this.#metrics.evaluating.set(1);
    const failures: Diagnostic[] = [];
    for (const { id } of this.#graph.order) {
      const node = this.#nodes.get(id);
      if (node === undefined) continue;
      const started = performance.now();
      const failure = await this.#evaluate(node);
      // Whoever refers to it has its turn later in this very loop.
      this.#propagation.settled(node);
      if (failure !== undefined) failures.push(...describeFailure(node.vertex, failure));
      this.#log[nodeLevel]("finished node evaluation", { node_id: id, duration: new LogDuration(performance.now() - started) });
    }
    this.#publishExports();
    this.#metrics.evaluating.set(0);
    this.#log[level]("finished complete graph evaluation", { duration: new LogDuration(performance.now() - begin) });
    return failures;
  }

  async #evaluateAgain(node: LiveNode, since: number): Promise<void> {
    if (this.#nodes.get(node.id) !== node) return;
    const started = performance.now();
    this.#metrics.dependenciesWait.observe((started - since) / 1000);
    await this.#evaluate(node);
    if (node instanceof ExportNode) this.#publishExports();
    if (isRunnable(node) && node.runnable) void this.#scheduler.request();
    const duration = performance.now() - started;
    this.#metrics.observeEvaluation(node.id, duration / 1000);
    this.#log.debug("finished node evaluation", { node_id: node.id, duration: new LogDuration(duration) });
  }

  async #evaluate(node: LiveNode): Promise<NodeError | undefined> {
    try {
      await node.evaluate(this.#scope.scope);
      return undefined;
    } catch (error) {
      if (!(error instanceof NodeError)) throw error;
      this.#log.error("failed to evaluate config", { node: node.id, err: error.message });
      return error;
    } finally {
      this.#scope.set(node.id, node.exports);
    }
  }

  #nodeExportsChanged(node: LiveNode): void {
    if (this.#nodes.get(node.id) !== node) return;
    this.#scope.set(node.id, node.exports);
    this.#propagation.changed(node);
  }

  #dependantsOf(node: LiveNode): readonly LiveNode[] {
    if (this.#nodes.get(node.id) !== node) return [];
    return [...this.#graph.dependants(node.id)].flatMap((id) => this.#nodes.get(id) ?? []);
  }

  #publishExports(): void {
    const exports = new Map<string, Value>();
    for (const node of this.#nodes.values()) {
      if (node instanceof ExportNode && node.value !== undefined) exports.set(labelOf(node.vertex.block), node.value);
    }
    if (equalValues(exports, this.#exports)) return;
    this.#exports = exports;
    this.#options.exportsChanged?.(exports);
  }

  #runnables(): readonly { readonly node: RunnableNode; readonly group: number }[] {
    return this.#graph.order.flatMap(({ id }) => {
      const node = this.#nodes.get(id);
      return node !== undefined && isRunnable(node) ? [{ node, group: this.#graph.group(id) }] : [];
    });
  }

  #healthStates(): readonly string[] {
    return [...this.#nodes.values()].flatMap((node) =>
      node instanceof ComponentNode || node instanceof CustomNode ? [node.health.current.state] : [],
    );
  }

  #logNote({ kind, subject, name }: ReferenceNote): void {
    this.#log.warn(noteTexts[kind], kind === "shadowing" ? { component: subject, stdlib_name: name } : { function: subject });
  }

  async #disposeNodes(): Promise<void> {
    await Promise.all(
      [...this.#nodes.values()]
        .filter(isRunnable)
        .filter(({ runnable }) => runnable)
        .map((node) => node.dispose()),
    );
  }
}
