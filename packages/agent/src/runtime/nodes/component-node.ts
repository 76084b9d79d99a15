import { join } from "node:path";
import type { Component, ComponentContext, ComponentInstance, Health, Logger, Services } from "../../component/index.ts";
import type { Scope } from "../../schema/index.ts";
import { decodeBody, encodeFields, equalArguments, equalValues } from "../../schema/index.ts";
import type { Value } from "../../schema/value.ts";
import type { ComponentVertex, Vertex } from "../graph/vertex.ts";
import type { LiveFeed } from "../inspect/live-feed.ts";
import { supportsLiveDebugging } from "../inspect/live-feed.ts";
import type { MetricsScope } from "../options.ts";
import { aborted } from "./aborted.ts";
import { pathLabels } from "./controller-path.ts";
import type { CheckOutcome, NodeContext, RunnableNode } from "./node.ts";
import { NodeError, attempt, attemptAsync, errorText } from "./node-error.ts";
import { NodeHealth } from "./node-health.ts";
import { predecessorGone } from "./predecessor.ts";
import { takenPort } from "./taken-port.ts";

const evaluated = "component evaluated";
const failed = (reason: string): string => `component evaluation failed: ${reason}`;

/** What the runtime gives to every component. */
export interface ComponentSurroundings extends NodeContext {
  readonly log: Logger;
  readonly metrics: MetricsScope;
  readonly componentServices: Services;
  readonly storagePath: string;
  readonly live?: LiveFeed;
}

/** A built instance with what belongs to it. */
interface Built {
  readonly instance: ComponentInstance<unknown>;
  readonly metrics: MetricsScope;
  args: unknown;
  /** It has let go of its port: it needs an update, even with the same arguments. */
  aside: boolean;
  state: "new" | "running" | "exited";
}

/** What a node goes back to when the configuration that it tries out is refused. */
interface Former {
  readonly vertex: ComponentVertex;
  readonly built: Built | undefined;
  readonly args: unknown;
  readonly exports: ReadonlyMap<string, Value>;
  readonly published: unknown;
  readonly evaluation: Health;
}

/** A component of the program: built at its first good evaluation, updated when its arguments change, replaced at a reload after it ended by itself. */
export class ComponentNode implements RunnableNode {
  readonly id: string;
  readonly globalId: string;
  readonly component: Component;
  readonly health: NodeHealth = new NodeHealth("component created", () => this.#reportedHealth());
  #vertex: ComponentVertex;
  #built: Built | undefined;
  #former: Former | undefined;
  #exports: ReadonlyMap<string, Value>;
  #published: unknown;
  /** Tells the instance in use from one that is being thrown away. */
  #current: object = {};
  readonly #surroundings: ComponentSurroundings;

  constructor(vertex: ComponentVertex, globalId: string, surroundings: ComponentSurroundings) {
    this.id = vertex.id;
    this.globalId = globalId;
    this.component = vertex.component;
    this.#vertex = vertex;
    this.#surroundings = surroundings;
    this.#exports = encodeFields(vertex.component.exports, undefined);
  }

  get vertex(): ComponentVertex {
    return this.#vertex;
  }

  get exports(): ReadonlyMap<string, Value> {
    return this.#exports;
  }

  /** The exports as the component gave them, undefined before that. */
  get published(): unknown {
    return this.#published;
  }

  /** The arguments in force, undefined before it was built. */
  get args(): unknown {
    return this.#built?.instance.arguments?.() ?? this.#built?.args;
  }

  get instance(): ComponentInstance<unknown> | undefined {
    return this.#built?.instance;
  }

  get runnable(): boolean {
    return this.#built?.state === "new";
  }

  assign(vertex: Vertex): void {
    if (vertex.kind !== "component") return;
    this.#former = {
      vertex: this.#vertex,
      built: this.#built,
      args: this.#built?.args,
      exports: this.#exports,
      published: this.#published,
      evaluation: this.health.evaluation,
    };
    this.#vertex = vertex;
  }

  async check(scope: Scope): Promise<CheckOutcome> {
    const args = this.#decode(scope);
    const built = this.#built;
    if (built !== undefined && (built.aside || built.state === "exited" || !this.#isGiven(built, args))) return "pending";
    const outcome = built === undefined ? await this.#buildUnlessTaken(args) : "ready";
    if (outcome === "ready") this.health.evaluated("healthy", evaluated);
    return outcome;
  }

  async evaluate(scope: Scope): Promise<void> {
    try {
      await this.#apply(this.#decode(scope));
      this.health.evaluated("healthy", evaluated);
    } catch (error) {
      this.health.evaluated("unhealthy", failed(errorText(error)));
      throw error;
    }
  }

  settle(): void {
    this.#former = undefined;
  }

  async stepAside(): Promise<boolean> {
    const built = this.#built;
    if (built?.instance.stepAside === undefined || built.state === "exited") return false;
    built.instance.stepAside();
    built.aside = true;
    return true;
  }

  async revert(): Promise<void> {
    const former = this.#former;
    try {
      if (former !== undefined) await this.#return(former);
      else if (this.#built?.aside === true) await this.#takeBack(this.#built, this.#built.args);
    } catch (error) {
      // It comes again when the port is free.
      if (takenPort(error) === undefined) this.#former = undefined;
      throw error;
    }
    this.#former = undefined;
  }

  async #return(former: Former): Promise<void> {
    this.#vertex = former.vertex;
    this.health.restore(former.evaluation);
    const built = this.#built;
    if (built !== former.built) {
      await this.dispose();
      this.#built = former.built;
      this.#exports = former.exports;
      this.#published = former.published;
    } else if (built !== undefined && (built.aside || built.args !== former.args)) {
      await this.#takeBack(built, former.args);
    }
  }

  refused(reason: string): void {
    this.health.refused(failed(reason));
  }

  async run(signal: AbortSignal): Promise<void> {
    const built = this.#built;
    if (built === undefined) throw new Error(`${this.globalId} was not built`);
    built.state = "running";
    this.health.ran("healthy", "started component");
    try {
      await (built.instance.run?.(signal) ?? aborted(signal));
      this.health.ran("exited", "component shut down cleanly");
    } catch (error) {
      this.health.ran("exited", `component shut down with error: ${errorText(error)}`);
      throw error;
    } finally {
      built.state = "exited";
    }
  }

  async dispose(): Promise<void> {
    const built = this.#built;
    if (built === undefined) return;
    this.#forget();
    if (built.state !== "new") return;
    try {
      await built.instance.discard?.();
    } catch (error) {
      this.#log().error("failed to discard component", { err: errorText(error) });
    }
  }

  #decode(scope: Scope): unknown {
    return attempt("decoding configuration", () => decodeBody(this.component.arguments, this.#vertex.block.body, scope));
  }

  #isGiven(built: Built, args: unknown): boolean {
    return equalArguments(this.component.arguments, args, built.args);
  }

  async #apply(args: unknown): Promise<void> {
    const built = this.#built;
    // An instance that has ended takes no updates; a load replaces it.
    if (built?.state === "exited" && this.#former !== undefined) this.#forget();
    if (this.#built === undefined) await this.#build(args);
    else if (this.#built.state !== "exited" && (this.#built.aside || !this.#isGiven(this.#built, args)))
      await this.#update(this.#built, args);
  }

  async #update(built: Built, args: unknown): Promise<void> {
    await this.#attempt("updating component", () => {
      if (built.instance.update === undefined) throw new NodeError(`${this.component.name} cannot change its arguments`);
      return built.instance.update(args);
    });
    built.args = args;
    built.aside = false;
  }

  async #takeBack(built: Built, args: unknown): Promise<void> {
    if (built.state === "exited") return;
    try {
      await this.#update(built, args);
    } catch (error) {
      this.health.evaluated("unhealthy", failed(`returning to the former arguments: ${errorText(error)}`));
      throw error;
    }
  }

  /** Not `ready` when its port is held by another component of the program, which may go or move, and nobody has to wait for this one's exports. */
  async #buildUnlessTaken(args: unknown): Promise<CheckOutcome> {
    try {
      await this.#build(args);
      return "ready";
    } catch (error) {
      const { isLeaving } = this.#surroundings;
      const owners = this.#portOwners(error);
      if (Object.keys(this.component.exports).length > 0 || owners.length === 0) throw error;
      return owners.every(isLeaving) ? "late" : "pending";
    }
  }

  /** The components that hold the port which an error says is taken. */
  #portOwners(error: unknown): readonly string[] {
    const port = takenPort(error);
    return port === undefined ? [] : this.#surroundings.componentServices.ownAddresses.receiversAt(port);
  }

  /** What it throws says who holds a port that is taken, when it is a component of this program. */
  #attempt<T>(doing: string, work: () => T | Promise<T>): Promise<T> {
    return attemptAsync(doing, async () => {
      try {
        return await work();
      } catch (error) {
        const owners = this.#portOwners(error);
        throw owners.length === 0 ? error : new Error(`${errorText(error)} (by ${owners.join(", ")})`, { cause: error });
      }
    });
  }

  async #build(args: unknown): Promise<void> {
    const { metrics: root, predecessor } = this.#surroundings;
    await attemptAsync("building component", () => predecessorGone(predecessor));
    const metrics = root.scope(pathLabels("component", this.globalId));
    try {
      const instance = await this.#attempt("building component", () => this.component.build(this.#context(metrics), args));
      this.#built = { instance, metrics, args, aside: false, state: "new" };
    } catch (error) {
      metrics.close();
      throw error;
    }
  }

  #context(metrics: MetricsScope): ComponentContext<unknown> {
    const generation = {};
    this.#current = generation;
    return {
      id: this.globalId,
      dataPath: join(this.#surroundings.storagePath, this.globalId),
      log: this.#log(),
      metrics,
      services: this.#surroundings.componentServices,
      setExports: (exports) => {
        if (this.#current === generation) this.#publish(exports);
      },
    };
  }

  #publish(published: unknown): void {
    const { name, exports: fields } = this.component;
    if (Object.keys(fields).length === 0) throw new Error(`${name} declares no exports and must not publish any`);
    const exports = encodeFields(fields, published);
    if (equalValues(exports, this.#exports)) return;
    this.#exports = exports;
    this.#published = published;
    this.#surroundings.exportsChanged(this);
    if (supportsLiveDebugging(name)) this.#surroundings.live?.published(this.globalId, exports);
  }

  /** Lets go of the instance; what it publishes from now on is not heard. */
  #forget(): void {
    this.#built?.metrics.close();
    this.#built = undefined;
    this.#current = {};
  }

  #log(): Logger {
    return this.#surroundings.log.with(pathLabels("component", this.globalId));
  }

  #reportedHealth(): Health | undefined {
    return this.#built?.instance.health?.();
  }
}
