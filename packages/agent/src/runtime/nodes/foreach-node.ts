import type { Diagnostic } from "@flameline/syntax";
import type { Health, Logger } from "../../component/index.ts";
import type { Scope, Value } from "../../schema/index.ts";
import { Scope as EmptyScope, decodeBody } from "../../schema/index.ts";
import type { ForeachVertex, Vertex } from "../graph/vertex.ts";
import type { MetricsScope } from "../options.ts";
import { aborted } from "./aborted.ts";
import { globalId } from "./controller-path.ts";
import type { ForeachArguments } from "./foreach-arguments.ts";
import { foreachBlock, itemsById, splitForeach } from "./foreach-arguments.ts";
import type { Module, ModuleBody, ModuleSurroundings, ModuleTrial } from "./module.ts";
import type { CheckOutcome, RunnableNode } from "./node.ts";
import { NodeError, attempt, errorText } from "./node-error.ts";
import { NodeHealth } from "./node-health.ts";
import { predecessorGone } from "./predecessor.ts";

const noArguments: ModuleBody["args"] = new Map();

interface ForeachSurroundings extends ModuleSurroundings {
  readonly log: Logger;
  readonly metrics: MetricsScope;
}

interface Child {
  readonly module: Module;
  trial: ModuleTrial | undefined;
}

/** What the configuration on trial makes of it. */
interface Attempt {
  readonly args: ForeachArguments;
  readonly children: ReadonlyMap<string, Child>;
  readonly revision: number;
}

/** Runs its template once for every item of a list. Items that are the same as before keep what runs them. */
export class ForeachNode implements RunnableNode {
  readonly id: string;
  readonly globalId: string;
  readonly exports: undefined;
  readonly health: NodeHealth = new NodeHealth("foreach created");
  #vertex: ForeachVertex;
  #former: { readonly vertex: ForeachVertex; readonly evaluation: Health } | undefined;
  #attempt: Attempt | undefined;
  #args: ForeachArguments | undefined;
  #children: ReadonlyMap<string, Child> = new Map();
  #revision = 0;
  #state: "new" | "running" | "exited" = "new";
  readonly #running = new Map<Child, { readonly abort: AbortController; readonly done: Promise<void> }>();
  /** Children that are on their way out, by id. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #surroundings: ForeachSurroundings;
  /** Of all items: they may be very many, and are shown only when that is wanted. */
  readonly #metrics: MetricsScope;

  constructor(vertex: ForeachVertex, id: string, surroundings: ForeachSurroundings) {
    this.id = vertex.id;
    this.globalId = id;
    this.#vertex = vertex;
    this.#surroundings = surroundings;
    this.#metrics = surroundings.metrics.scope({});
    this.#metrics.show(false);
  }

  get vertex(): ForeachVertex {
    return this.#vertex;
  }

  /** The arguments in force. */
  get args(): ForeachArguments | undefined {
    return this.#args;
  }

  /** What runs the items, by local id. */
  get modules(): ReadonlyMap<string, Module> {
    return new Map([...this.#children].map(([id, { module }]) => [id, module]));
  }

  get runnable(): boolean {
    return this.#args !== undefined && this.#state === "new";
  }

  assign(vertex: Vertex): void {
    if (vertex.kind !== "foreach") return;
    this.#former = { vertex: this.#vertex, evaluation: this.health.evaluation };
    this.#vertex = vertex;
  }

  async check(scope: Scope): Promise<CheckOutcome> {
    const children = await this.#tryOut(this.#decode(scope));
    this.health.evaluated("healthy", "foreach evaluated");
    return children.some(({ trial }) => trial?.pending === true) ? "pending" : "ready";
  }

  async evaluate(scope: Scope): Promise<void> {
    try {
      const args = this.#decode(scope);
      if (this.#former === undefined) await this.#follow(args);
      else await this.#apply(args);
      this.health.evaluated("healthy", "foreach evaluated");
    } catch (error) {
      this.health.evaluated("unhealthy", `foreach evaluation failed: ${errorText(error)}`);
      throw error;
    }
  }

  settle(): void {
    this.#former = undefined;
    const attempted = this.#attempt;
    this.#attempt = undefined;
    if (attempted === undefined) return;
    for (const child of attempted.children.values()) {
      child.trial?.settle();
      child.trial = undefined;
    }
    this.#use(attempted);
  }

  async revert(): Promise<void> {
    const former = this.#former;
    if (former === undefined) return;
    this.#former = undefined;
    this.#vertex = former.vertex;
    this.health.restore(former.evaluation);
    await this.#giveUp();
  }

  refused(reason: string): void {
    this.health.refused(`foreach evaluation failed: ${reason}`);
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#state = "running";
    this.health.ran("healthy", "started foreach");
    for (const child of this.#children.values()) this.#start(child);
    await aborted(signal);
    this.#state = "exited";
    await Promise.all([...this.#children].map(([id, child]) => this.#stop(id, child)));
    await Promise.all(this.#leaving.values());
    this.health.ran("exited", "foreach node shut down cleanly");
  }

  async dispose(): Promise<void> {
    this.#state = "exited";
    await this.#giveUp();
    await Promise.all([...this.#children.values()].map(({ module }) => module.dispose()));
    this.#metrics.close();
  }

  #decode(scope: Scope): ForeachArguments {
    const { settings, template } = splitForeach(this.#vertex.block);
    const args = attempt("decoding configuration", () => decodeBody(foreachBlock, settings.body, scope));
    if (template === undefined) throw new NodeError("the block template is missing in the foreach block");
    return args;
  }

  async #tryOut(args: ForeachArguments): Promise<readonly Child[]> {
    const children = new Map<string, Child>();
    this.#attempt = { args, children, revision: this.#surroundings.templates().revision };
    for (const [id, item] of this.#items(args)) {
      const child = this.#children.get(id) ?? (await this.#create(id));
      children.set(id, child);
      child.trial = await child.module.try(this.#body(args, item));
      failOn(child.trial.diagnostics);
    }
    return [...children.values()];
  }

  /** During a load: what was checked, or, when it had to wait for an update of something that it depends on, all of it. */
  async #apply(args: ForeachArguments): Promise<void> {
    const children = this.#attempt === undefined ? await this.#tryOut(args) : [...this.#attempt.children.values()];
    for (const child of children) {
      if (child.trial?.pending === true) await child.trial.apply();
      failOn(child.trial?.diagnostics ?? []);
    }
  }

  /** Between loads: items come and go, others see new values. One that fails does not keep out the rest. */
  async #follow(args: ForeachArguments): Promise<void> {
    const { revision } = this.#surroundings.templates();
    const children = new Map<string, Child>();
    const failures: unknown[] = [];
    for (const [id, item] of this.#items(args)) {
      const known = this.#children.get(id);
      let child = known;
      try {
        child ??= await this.#create(id);
        const body = this.#body(args, item);
        if (known !== undefined && revision === this.#revision) failOn(await known.module.follow(body));
        else await this.#replaceBody(child, body);
      } catch (error) {
        failures.push(error);
        if (known === undefined) {
          await child?.module.dispose();
          continue;
        }
      }
      if (child !== undefined) children.set(id, child);
    }
    this.#use({ args, children, revision });
    if (failures.length > 0) throw failures[0];
  }

  async #replaceBody(child: Child, body: ModuleBody): Promise<void> {
    const trial = await child.module.try(body);
    if (trial.diagnostics.length === 0 && trial.pending) await trial.apply();
    if (trial.diagnostics.length === 0) {
      trial.settle();
      return;
    }
    await trial.revert();
    failOn(trial.diagnostics);
  }

  #use({ args, children, revision }: Attempt): void {
    for (const [id, child] of this.#children) if (children.get(id) !== child) void this.#stop(id, child);
    this.#args = args;
    this.#children = children;
    this.#revision = revision;
    this.#metrics.show(args.enable_metrics);
    if (this.#state !== "running") return;
    for (const child of children.values()) this.#start(child);
    this.health.ran("healthy", "foreach children updated successfully");
  }

  #items(args: ForeachArguments): ReadonlyMap<string, Value> {
    return itemsById(args, () =>
      this.#surroundings.log.warn("specified id not found in collection item", { node: this.globalId, id: args.id }),
    );
  }

  async #create(id: string): Promise<Child> {
    await predecessorGone(this.#surroundings.predecessor);
    await predecessorGone(this.#leaving.get(id));
    return { module: this.#surroundings.createModule({ id: globalId(this.globalId, id), metrics: this.#metrics }), trial: undefined };
  }

  #body(args: ForeachArguments, item: Value): ModuleBody {
    const { template } = splitForeach(this.#vertex.block);
    const { templates, moduleScope } = this.#surroundings;
    return {
      template: { block: template ?? this.#vertex.block, registry: templates() },
      args: noArguments,
      argumentPlaces: new Map(),
      outer: moduleScope().extended({ [args.var]: item }, new EmptyScope(new Map())),
    };
  }

  #start(child: Child): void {
    if (this.#running.has(child)) return;
    const abort = new AbortController();
    this.#running.set(child, { abort, done: child.module.run(abort.signal) });
  }

  #stop(id: string, child: Child): Promise<void> {
    const running = this.#running.get(child);
    this.#running.delete(child);
    running?.abort.abort();
    const gone = (running?.done ?? Promise.resolve())
      .then(() => child.module.dispose())
      .finally(() => {
        if (this.#leaving.get(id) === gone) this.#leaving.delete(id);
      });
    this.#leaving.set(id, gone);
    return gone;
  }

  async #giveUp(): Promise<void> {
    const attempted = this.#attempt;
    this.#attempt = undefined;
    for (const [id, child] of attempted?.children ?? []) {
      await child.trial?.revert();
      child.trial = undefined;
      if (this.#children.get(id) !== child) await child.module.dispose();
    }
  }
}

function failOn(diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length > 0) throw NodeError.ofDiagnostics("updating custom component in foreach", diagnostics);
}
