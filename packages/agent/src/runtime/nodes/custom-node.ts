import type { Diagnostic, Located } from "@flameline/syntax";
import { quote } from "@flameline/syntax";
import type { BlockDefinition, Scope, Value } from "../../schema/index.ts";
import { any, decodeBody, equalArguments } from "../../schema/index.ts";
import type { Template, TemplateRegistry } from "../graph/templates.ts";
import type { CustomVertex, Vertex } from "../graph/vertex.ts";
import type { LoadedBody, NodeContext, RunnableNode } from "./node.ts";
import { NodeError, attempt, errorText } from "./node-error.ts";
import { NodeHealth } from "./node-health.ts";
import { predecessorGone } from "./predecessor.ts";

/** The arguments of a custom component: attributes of any name. */
const moduleArguments: BlockDefinition<ReadonlyMap<string, Value>> = { fields: {}, rest: any };

/** The body of a custom component with what it was given. */
export interface ModuleBody {
  readonly template: Template;
  readonly args: ReadonlyMap<string, Value>;
  readonly argumentPlaces: ReadonlyMap<string, Located>;
  /** Whether it comes with a load of the configuration around it, rather than with a change of an argument. */
  readonly reloaded: boolean;
}

/** What runs the body of a custom component. */
export interface Module extends LoadedBody {
  /** Takes a new body. Returns what is wrong with it, or with the evaluation of something in it. */
  load(body: ModuleBody): Promise<readonly Diagnostic[]>;
  run(signal: AbortSignal): Promise<void>;
  dispose(): Promise<void>;
}

/** What a custom component needs from the controller that it stands in. */
export interface CustomSurroundings extends NodeContext {
  /** The templates of the configuration in force. */
  readonly templates: () => TemplateRegistry;
  readonly createModule: (id: string, exportsChanged: (exports: ReadonlyMap<string, Value>) => void) => Module;
}

/** A use of a template: a module that is loaded anew at each evaluation. */
export class CustomNode implements RunnableNode {
  readonly id: string;
  readonly globalId: string;
  readonly health: NodeHealth = new NodeHealth("node custom component created");
  #vertex: CustomVertex;
  #module: Module | undefined;
  #state: "new" | "running" | "exited" = "new";
  #args: ReadonlyMap<string, Value> = new Map();
  /** The configuration is new since the last evaluation. */
  #reloaded = true;
  /** The body must be loaded even with the same arguments: it is new, or the last time went wrong. */
  #stale = true;
  #exports: ReadonlyMap<string, Value> = new Map();
  readonly #surroundings: CustomSurroundings;

  constructor(vertex: CustomVertex, globalId: string, surroundings: CustomSurroundings) {
    this.id = vertex.id;
    this.globalId = globalId;
    this.#vertex = vertex;
    this.#surroundings = surroundings;
  }

  get vertex(): CustomVertex {
    return this.#vertex;
  }

  get exports(): ReadonlyMap<string, Value> {
    return this.#exports;
  }

  /** As last evaluated, whether the body took them or not. */
  get args(): ReadonlyMap<string, Value> {
    return this.#args;
  }

  get module(): Module | undefined {
    return this.#module;
  }

  get runnable(): boolean {
    return this.#module !== undefined && this.#state === "new";
  }

  assign(vertex: Vertex): void {
    if (vertex.kind === "custom") this.#vertex = vertex;
    this.#reloaded = true;
    this.#stale = true;
  }

  async evaluate(scope: Scope): Promise<void> {
    try {
      await this.#apply(scope);
      this.health.evaluated("healthy", "component evaluated");
    } catch (error) {
      this.health.evaluated("unhealthy", `component evaluation failed: ${errorText(error)}`);
      throw error;
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#state = "running";
    this.health.ran("healthy", "started custom component");
    try {
      await this.#module?.run(signal);
      this.health.ran("exited", "custom component shut down cleanly");
    } finally {
      this.#state = "exited";
    }
  }

  async dispose(): Promise<void> {
    this.#state = "exited";
    await this.#module?.dispose();
  }

  async #apply(scope: Scope): Promise<void> {
    const { block, namespace, template: name } = this.#vertex;
    const args = attempt("decoding configuration", () => decodeBody(moduleArguments, block.body, scope));
    if (!this.#stale && equalArguments(moduleArguments, args, this.#args)) return;
    this.#args = args;
    this.#stale = true;
    const reloaded = this.#reloaded;
    this.#reloaded = false;
    if (this.#module === undefined) await predecessorGone(this.#surroundings.predecessor);
    this.#module ??= this.#surroundings.createModule(this.globalId, (exports) => {
      this.#exports = exports;
      this.#surroundings.exportsChanged(this);
    });
    const template = this.#surroundings.templates().find(namespace, name);
    if (template === undefined) {
      const missing = `custom component config not found in the registry, namespace: ${quote(namespace)}, componentName: ${quote(name)}`;
      throw new NodeError(`loading custom component controller: ${missing}`);
    }
    const argumentPlaces = new Map(
      block.body.flatMap((statement) => (statement.kind === "attribute" ? [[statement.name.name, statement]] : [])),
    );
    const diagnostics = await this.#module.load({ template, args, argumentPlaces, reloaded });
    if (diagnostics.length > 0) throw NodeError.ofDiagnostics("updating custom component", diagnostics);
    this.#stale = false;
  }
}
