import { quote } from "@flameline/syntax";
import type { Scope, Value } from "../../schema/index.ts";
import { any, attr, bool, decodeBody, defineBlock, string } from "../../schema/index.ts";
import type { ArgumentVertex, ExportVertex, Vertex } from "../graph/vertex.ts";
import { labelOf } from "../graph/vertex.ts";
import type { CheckOutcome, LiveNode } from "./node.ts";
import { NodeError, attempt } from "./node-error.ts";

export const argumentBlock = defineBlock({
  fields: {
    optional: attr(bool, { doc: "Whether the argument may be left out." }),
    default: attr(any, { doc: "The value of an optional argument that was left out." }),
    comment: attr(string, { doc: "What the argument is for." }),
  },
});

export const exportBlock = defineBlock({
  fields: {
    value: attr(any, { required: true, doc: "What users of the module see under the export's name." }),
  },
});

/** An `argument` of a module: the value that the module was given. */
export class ArgumentNode implements LiveNode {
  readonly id: string;
  #vertex: ArgumentVertex;
  #exports: ReadonlyMap<string, Value> | undefined;
  #former: { readonly vertex: ArgumentVertex; readonly exports: ReadonlyMap<string, Value> | undefined } | undefined;
  readonly #given: () => ReadonlyMap<string, Value>;

  constructor(vertex: ArgumentVertex, given: () => ReadonlyMap<string, Value>) {
    this.id = vertex.id;
    this.#vertex = vertex;
    this.#given = given;
  }

  get vertex(): ArgumentVertex {
    return this.#vertex;
  }

  get exports(): ReadonlyMap<string, Value> | undefined {
    return this.#exports;
  }

  assign(vertex: Vertex): void {
    if (vertex.kind !== "argument") return;
    this.#former = { vertex: this.#vertex, exports: this.#exports };
    this.#vertex = vertex;
  }

  async check(scope: Scope): Promise<CheckOutcome> {
    this.#exports = undefined;
    await this.evaluate(scope);
    return "ready";
  }

  settle(): void {
    this.#former = undefined;
  }

  async revert(): Promise<void> {
    if (this.#former === undefined) return;
    this.#vertex = this.#former.vertex;
    this.#exports = this.#former.exports;
    this.#former = undefined;
  }

  async evaluate(scope: Scope): Promise<void> {
    const { block } = this.#vertex;
    const args = attempt("decoding configuration", () => decodeBody(argumentBlock, block.body, scope));
    const name = labelOf(block);
    const value = this.#given().get(name);
    if (value === undefined && !args.optional) throw new NodeError(`missing required argument ${quote(name)} to module`);
    this.#exports = new Map([["value", value === undefined ? args.default : value]]);
  }
}

/** An `export` of a module. Keeps its last good value. */
export class ExportNode implements LiveNode {
  readonly id: string;
  readonly exports: undefined;
  #vertex: ExportVertex;
  #value: Value | undefined;
  #former: { readonly vertex: ExportVertex; readonly value: Value | undefined } | undefined;

  constructor(vertex: ExportVertex) {
    this.id = vertex.id;
    this.#vertex = vertex;
  }

  get vertex(): ExportVertex {
    return this.#vertex;
  }

  /** Undefined before the first good evaluation. */
  get value(): Value | undefined {
    return this.#value;
  }

  assign(vertex: Vertex): void {
    if (vertex.kind !== "export") return;
    this.#former = { vertex: this.#vertex, value: this.#value };
    this.#vertex = vertex;
  }

  async check(scope: Scope): Promise<CheckOutcome> {
    await this.evaluate(scope);
    return "ready";
  }

  settle(): void {
    this.#former = undefined;
  }

  async revert(): Promise<void> {
    if (this.#former === undefined) return;
    this.#vertex = this.#former.vertex;
    this.#value = this.#former.value;
    this.#former = undefined;
  }

  async evaluate(scope: Scope): Promise<void> {
    const { block } = this.#vertex;
    this.#value = attempt("decoding configuration", () => decodeBody(exportBlock, block.body, scope)).value;
  }
}
