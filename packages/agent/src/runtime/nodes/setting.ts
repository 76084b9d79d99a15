import type { BlockDefinition, Scope } from "../../schema/index.ts";
import { decodeBody, defaultArguments, equalArguments } from "../../schema/index.ts";
import type { ConfigVertex, ServiceVertex } from "../graph/vertex.ts";
import type { CheckOutcome } from "./node.ts";
import { attempt } from "./node-error.ts";

/** Brings a part of the program in line with its block, and back when the configuration is refused. */
export class Setting<V extends ConfigVertex | ServiceVertex> {
  vertex: V;
  #evaluated: { readonly args: unknown } | undefined;
  #former: { readonly vertex: V; readonly evaluated: { readonly args: unknown } | undefined } | undefined;
  readonly #definition: BlockDefinition<unknown>;
  readonly #apply: (args: unknown) => Promise<void>;

  constructor(vertex: V, definition: BlockDefinition<unknown>, apply: (args: unknown) => Promise<void>) {
    this.vertex = vertex;
    this.#definition = definition;
    this.#apply = apply;
  }

  assign(vertex: V): void {
    this.#former = { vertex: this.vertex, evaluated: this.#evaluated };
    this.vertex = vertex;
  }

  /** The first arguments are applied at once: nothing is in force yet, and the log must be set up before others write to it. */
  async check(scope: Scope): Promise<CheckOutcome> {
    if (this.#evaluated === undefined) await this.evaluate(scope);
    return this.#isCurrent(this.#decode(scope)) ? "ready" : "pending";
  }

  async evaluate(scope: Scope): Promise<void> {
    const args = this.#decode(scope);
    if (this.#isCurrent(args)) return;
    await this.#apply(args);
    this.#evaluated = { args };
  }

  settle(): void {
    this.#former = undefined;
  }

  async revert(): Promise<void> {
    const former = this.#former;
    if (former === undefined) return;
    this.#former = undefined;
    this.vertex = former.vertex;
    if (former.evaluated === undefined || former.evaluated === this.#evaluated) return;
    await this.#apply(former.evaluated.args);
    this.#evaluated = former.evaluated;
  }

  #isCurrent(args: unknown): boolean {
    return this.#evaluated !== undefined && equalArguments(this.#definition, this.#evaluated.args, args);
  }

  #decode(scope: Scope): unknown {
    const { block } = this.vertex;
    if (block === undefined) return defaultArguments(this.#definition);
    return attempt("decoding configuration", () => decodeBody(this.#definition, block.body, scope));
  }
}
