import type { Diagnostic } from "@flameline/syntax";
import { quote } from "@flameline/syntax";
import type { Health } from "../../component/index.ts";
import type { BlockDefinition, Scope, Value } from "../../schema/index.ts";
import { any, decodeBody, equalArguments } from "../../schema/index.ts";
import type { Template } from "../graph/templates.ts";
import type { CustomVertex, Vertex } from "../graph/vertex.ts";
import type { Module, ModuleSurroundings, ModuleTrial } from "./module.ts";
import type { CheckOutcome, RunnableNode } from "./node.ts";
import { NodeError, attempt, errorText } from "./node-error.ts";
import { NodeHealth } from "./node-health.ts";
import { predecessorGone } from "./predecessor.ts";

const evaluated = "component evaluated";
const failed = (reason: string): string => `component evaluation failed: ${reason}`;

/** The arguments of a custom component: attributes of any name. */
const moduleArguments: BlockDefinition<ReadonlyMap<string, Value>> = { fields: {}, rest: any };

/** A body on trial with what it was made of. */
interface BodyTrial {
  readonly module: ModuleTrial;
  readonly template: Template;
  readonly revision: number;
  args: ReadonlyMap<string, Value>;
}

/** What a node goes back to when the configuration that it tries out is refused. */
interface Former {
  readonly vertex: CustomVertex;
  readonly module: Module | undefined;
  readonly evaluation: Health;
}

/** A use of a template: a module, which tries out a new body with each configuration and follows its arguments in between. */
export class CustomNode implements RunnableNode {
  readonly id: string;
  readonly globalId: string;
  readonly health: NodeHealth = new NodeHealth("node custom component created");
  #vertex: CustomVertex;
  #former: Former | undefined;
  #module: Module | undefined;
  #trial: BodyTrial | undefined;
  #state: "new" | "running" | "exited" = "new";
  /** As last evaluated by itself or in a configuration that is in force or that it refused, whether the body took them or not. */
  #shownArgs: ReadonlyMap<string, Value> = new Map();
  /** As evaluated in the configuration on trial. */
  #triedArgs: ReadonlyMap<string, Value> = new Map();
  /** What the module has, undefined when it did not take all of it. */
  #taken: ReadonlyMap<string, Value> | undefined;
  #template: Template | undefined;
  /** Of the template's registry when the body was loaded: what it imports may have changed since. */
  #revision = 0;
  #exports: ReadonlyMap<string, Value> = new Map();
  readonly #surroundings: ModuleSurroundings;

  constructor(vertex: CustomVertex, globalId: string, surroundings: ModuleSurroundings) {
    this.id = vertex.id;
    this.globalId = globalId;
    this.#vertex = vertex;
    this.#surroundings = surroundings;
  }

  get vertex(): CustomVertex {
    return this.#vertex;
  }

  get exports(): ReadonlyMap<string, Value> {
    return this.#trial?.module.exports ?? this.#exports;
  }

  get args(): ReadonlyMap<string, Value> {
    return this.#shownArgs;
  }

  get module(): Module | undefined {
    return this.#module;
  }

  get runnable(): boolean {
    return this.#module !== undefined && this.#state === "new";
  }

  assign(vertex: Vertex): void {
    if (vertex.kind !== "custom") return;
    this.#former = { vertex: this.#vertex, module: this.#module, evaluation: this.health.evaluation };
    this.#vertex = vertex;
    this.#triedArgs = this.#shownArgs;
  }

  async check(scope: Scope): Promise<CheckOutcome> {
    const { module } = await this.#tryOut(this.#decode(scope));
    failOn(module.diagnostics);
    this.health.evaluated("healthy", evaluated);
    return module.pending ? "pending" : "ready";
  }

  async evaluate(scope: Scope): Promise<void> {
    try {
      const args = this.#decode(scope);
      if (this.#former === undefined) await this.#follow(args);
      else await this.#apply(args);
      this.health.evaluated("healthy", evaluated);
    } catch (error) {
      this.health.evaluated("unhealthy", failed(errorText(error)));
      throw error;
    }
  }

  settle(): void {
    this.#former = undefined;
    this.#shownArgs = this.#triedArgs;
    this.#settleTrial();
  }

  async revert(): Promise<void> {
    const former = this.#former;
    if (former === undefined) return;
    this.#former = undefined;
    this.#vertex = former.vertex;
    this.health.restore(former.evaluation);
    await this.#revertTrial();
    if (this.#module === former.module) return;
    await this.#module?.dispose();
    this.#module = former.module;
  }

  refused(reason: string): void {
    this.#shownArgs = this.#triedArgs;
    this.health.refused(failed(reason));
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

  #decode(scope: Scope): ReadonlyMap<string, Value> {
    const args = attempt("decoding configuration", () => decodeBody(moduleArguments, this.#vertex.block.body, scope));
    if (this.#former === undefined) this.#shownArgs = args;
    else this.#triedArgs = args;
    return args;
  }

  /** Between loads: the arguments may have changed, or the content of the import that the template comes from. */
  async #follow(args: ReadonlyMap<string, Value>): Promise<void> {
    const template = this.#findTemplate();
    if (!sameTemplate(template, this.#template) || template?.registry.revision !== this.#revision) return this.#reload(args);
    if (this.#module === undefined || (this.#taken !== undefined && equalArguments(moduleArguments, args, this.#taken))) return;
    this.#taken = undefined;
    failOn(await this.#module.follow({ args }));
    this.#taken = args;
  }

  async #reload(args: ReadonlyMap<string, Value>): Promise<void> {
    try {
      const { module } = await this.#tryOut(args);
      if (module.diagnostics.length === 0 && module.pending) await module.apply();
      failOn(module.diagnostics);
    } catch (error) {
      await this.#revertTrial();
      throw error;
    }
    this.#settleTrial();
  }

  /** During a load. What it depends on may have changed since the check. */
  async #apply(args: ReadonlyMap<string, Value>): Promise<void> {
    const trial = this.#trial ?? (await this.#tryOut(args));
    if (!equalArguments(moduleArguments, args, trial.args)) {
      trial.args = args;
      await trial.module.apply(args);
    } else if (trial.module.diagnostics.length === 0 && trial.module.pending) {
      await trial.module.apply();
    }
    failOn(trial.module.diagnostics);
  }

  async #tryOut(args: ReadonlyMap<string, Value>): Promise<BodyTrial> {
    if (this.#module === undefined) await predecessorGone(this.#surroundings.predecessor);
    this.#module ??= this.#surroundings.createModule({
      id: this.globalId,
      exportsChanged: (exports) => {
        this.#exports = exports;
        this.#surroundings.exportsChanged(this);
      },
    });
    const template = this.#findTemplate();
    if (template === undefined) {
      const { namespace, template: name } = this.#vertex;
      const missing = `custom component config not found in the registry, namespace: ${quote(namespace)}, componentName: ${quote(name)}`;
      throw new NodeError(`loading custom component controller: ${missing}`);
    }
    const { body } = this.#vertex.block;
    const argumentPlaces = new Map(body.flatMap((statement) => (statement.kind === "attribute" ? [[statement.name.name, statement]] : [])));
    const { revision } = template.registry;
    this.#trial = { module: await this.#module.try({ template, args, argumentPlaces }), template, revision, args };
    return this.#trial;
  }

  #findTemplate(): Template | undefined {
    return this.#surroundings.templates().find(this.#vertex.namespace, this.#vertex.template);
  }

  #settleTrial(): void {
    const trial = this.#trial;
    if (trial === undefined) return;
    this.#template = trial.template;
    this.#revision = trial.revision;
    this.#taken = trial.args;
    trial.module.settle();
    this.#trial = undefined;
  }

  async #revertTrial(): Promise<void> {
    const trial = this.#trial;
    this.#trial = undefined;
    await trial?.module.revert();
  }
}

function failOn(diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length > 0) throw NodeError.ofDiagnostics("updating custom component", diagnostics);
}

function sameTemplate(a: Template | undefined, b: Template | undefined): boolean {
  return a?.block === b?.block && a?.registry === b?.registry;
}
