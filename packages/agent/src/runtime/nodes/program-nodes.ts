import type { Scope } from "../../schema/index.ts";
import { decodeBody, defaultArguments, equalArguments } from "../../schema/index.ts";
import { quote } from "@flameline/syntax";
import type { ConfigVertex, DeclareVertex, ServiceVertex, Vertex } from "../graph/vertex.ts";
import type { ConfigBlock, Service } from "../options.ts";
import { aborted } from "./aborted.ts";
import type { LiveNode, RunnableNode } from "./node.ts";
import { NodeError, attempt, attemptAsync } from "./node-error.ts";

/** `logging`, `tracing`: evaluated at each load, with defaults when there is no such block. */
export class ConfigNode implements LiveNode {
  readonly id: string;
  readonly exports: undefined;
  #vertex: ConfigVertex;
  readonly #config: ConfigBlock;

  constructor(vertex: ConfigVertex, config: ConfigBlock) {
    this.id = vertex.id;
    this.#vertex = vertex;
    this.#config = config;
  }

  get vertex(): ConfigVertex {
    return this.#vertex;
  }

  assign(vertex: Vertex): void {
    if (vertex.kind === "config") this.#vertex = vertex;
  }

  async evaluate(scope: Scope): Promise<void> {
    const { block } = this.#vertex;
    const { definition, name } = this.#config;
    const args =
      block === undefined
        ? defaultArguments(definition)
        : attempt("decoding configuration", () => decodeBody(definition, block.body, scope));
    await attemptAsync(`updating ${name}`, () => this.#config.evaluate(args));
  }
}

/** A part of the program that a block may configure. It runs as long as the program does. */
export class ServiceNode implements RunnableNode {
  readonly id: string;
  readonly exports: undefined;
  #vertex: ServiceVertex;
  #evaluated: { readonly args: unknown } | undefined;
  #state: "new" | "running" | "exited" = "new";
  readonly #service: Service;

  constructor(vertex: ServiceVertex, service: Service) {
    this.id = vertex.id;
    this.#vertex = vertex;
    this.#service = service;
  }

  get vertex(): ServiceVertex {
    return this.#vertex;
  }

  get runnable(): boolean {
    return this.#service.run !== undefined && this.#state === "new";
  }

  assign(vertex: Vertex): void {
    if (vertex.kind === "service") this.#vertex = vertex;
    if (this.#state === "exited") this.#state = "new";
  }

  async evaluate(scope: Scope): Promise<void> {
    const { block } = this.#vertex;
    const { definition, name } = this.#service;
    if (definition === undefined) {
      if (block !== undefined) throw new NodeError(`service ${quote(name)} does not support being configured`);
      return;
    }
    const args =
      block === undefined
        ? defaultArguments(definition)
        : attempt("decoding configuration", () => decodeBody(definition, block.body, scope));
    if (this.#evaluated !== undefined && equalArguments(definition, this.#evaluated.args, args)) return;
    await attemptAsync("updating service", () => this.#service.evaluate?.(args));
    this.#evaluated = { args };
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

  constructor(vertex: DeclareVertex) {
    this.id = vertex.id;
    this.#vertex = vertex;
  }

  get vertex(): DeclareVertex {
    return this.#vertex;
  }

  assign(vertex: Vertex): void {
    if (vertex.kind === "declare") this.#vertex = vertex;
  }

  async evaluate(): Promise<void> {
    // The body is looked at where it is used.
  }
}
