import type { BlockDefinition, Scope } from "../../schema/index.ts";
import { defineBlock } from "../../schema/index.ts";
import { quote } from "@flameline/syntax";
import type { ConfigVertex, DeclareVertex, ServiceVertex, Vertex } from "../graph/vertex.ts";
import type { ConfigBlock, Service } from "../options.ts";
import { aborted } from "./aborted.ts";
import type { CheckOutcome, LiveNode, RunnableNode } from "./node.ts";
import { NodeError, attemptAsync } from "./node-error.ts";
import { Setting } from "./setting.ts";

const nothing = defineBlock({ fields: {} }) as BlockDefinition<unknown>;

/** `logging`, `tracing`: there at each load, with defaults when there is no such block. */
export class ConfigNode implements LiveNode {
  readonly id: string;
  readonly exports: undefined;
  readonly #setting: Setting<ConfigVertex>;

  constructor(vertex: ConfigVertex, config: ConfigBlock) {
    this.id = vertex.id;
    this.#setting = new Setting(vertex, config.definition, (args) => attemptAsync(`updating ${config.name}`, () => config.evaluate(args)));
  }

  get vertex(): ConfigVertex {
    return this.#setting.vertex;
  }

  assign(vertex: Vertex): void {
    if (vertex.kind === "config") this.#setting.assign(vertex);
  }

  check(scope: Scope): Promise<CheckOutcome> {
    return this.#setting.check(scope);
  }

  evaluate(scope: Scope): Promise<void> {
    return this.#setting.evaluate(scope);
  }

  settle(): void {
    this.#setting.settle();
  }

  revert(): Promise<void> {
    return this.#setting.revert();
  }
}

/** A part of the program that a block may configure. It runs as long as the program does. */
export class ServiceNode implements RunnableNode {
  readonly id: string;
  readonly exports: undefined;
  #state: "new" | "running" | "exited" = "new";
  readonly #service: Service;
  readonly #setting: Setting<ServiceVertex>;

  constructor(vertex: ServiceVertex, service: Service) {
    this.id = vertex.id;
    this.#service = service;
    this.#setting = new Setting(vertex, service.definition ?? nothing, (args) =>
      attemptAsync("updating service", () => service.evaluate?.(args)),
    );
  }

  get vertex(): ServiceVertex {
    return this.#setting.vertex;
  }

  get runnable(): boolean {
    return this.#service.run !== undefined && this.#state === "new";
  }

  assign(vertex: Vertex): void {
    if (vertex.kind === "service") this.#setting.assign(vertex);
  }

  async check(scope: Scope): Promise<CheckOutcome> {
    const { definition, name } = this.#service;
    if (definition === undefined && this.vertex.block !== undefined) {
      throw new NodeError(`service ${quote(name)} does not support being configured`);
    }
    return this.#setting.check(scope);
  }

  evaluate(scope: Scope): Promise<void> {
    return this.#setting.evaluate(scope);
  }

  settle(): void {
    this.#setting.settle();
    if (this.#state === "exited") this.#state = "new";
  }

  revert(): Promise<void> {
    return this.#setting.revert();
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#state = "running";
    try {
      await (this.#service.run?.(signal) ?? aborted(signal));
    } finally {
      this.#state = "exited";
    }
  }

  async dispose(): Promise<void> {
    // Whoever registered the service owns it.
  }
}

/** A template: there is nothing to do until it is used. */
export class DeclareNode implements LiveNode {
  readonly id: string;
  readonly exports: undefined;
  #vertex: DeclareVertex;
  #former: DeclareVertex | undefined;

  constructor(vertex: DeclareVertex) {
    this.id = vertex.id;
    this.#vertex = vertex;
  }

  get vertex(): DeclareVertex {
    return this.#vertex;
  }

  assign(vertex: Vertex): void {
    if (vertex.kind !== "declare") return;
    this.#former = this.#vertex;
    this.#vertex = vertex;
  }

  async check(): Promise<CheckOutcome> {
    // The body is looked at where it is used.
    return "ready";
  }

  async evaluate(): Promise<void> {
    // Nor is there anything to do here later.
  }

  settle(): void {
    this.#former = undefined;
  }

  async revert(): Promise<void> {
    this.#vertex = this.#former ?? this.#vertex;
    this.#former = undefined;
  }
}
