import type { Value } from "../../schema/index.ts";
import { Scope } from "../../schema/index.ts";

/**
 * What the expressions of one body see: the exports of its nodes, nested as their ids are (`pyroscope.write.w` is `w` of `write` of `pyroscope`), and
 * variables. It is alive: the next evaluation sees what was set.
 */
export class ModuleScope {
  readonly scope: Scope;
  readonly #root = new Map<string, Value>();
  readonly #inner = new WeakSet<Map<string, Value>>([this.#root]);

  /** A variable that is an object takes the exports of ids that begin with its name: `argument` those of `argument.x`. */
  constructor(variables: Readonly<Record<string, Value>>, parent: Scope) {
    for (const [name, value] of Object.entries(variables)) {
      this.#root.set(name, value);
      if (value instanceof Map) this.#inner.add(value);
    }
    this.scope = new Scope(this.#root, parent);
  }

  /** All names at the top. */
  get names(): ReadonlySet<string> {
    return new Set(this.#root.keys());
  }

  /** The same names with more variables; what is set in either from now on is not seen in the other. */
  extended(variables: Readonly<Record<string, Value>>, parent: Scope): ModuleScope {
    const copy = new ModuleScope({}, parent);
    copy.#take(this.#root, this, copy.#root);
    for (const [name, value] of Object.entries(variables)) copy.#root.set(name, value);
    return copy;
  }

  #take(from: ReadonlyMap<string, Value>, owner: ModuleScope, to: Map<string, Value>): void {
    for (const [name, value] of from) {
      const inner = owner.#innerMap(value);
      if (inner === undefined) to.set(name, value);
      else this.#take(inner, owner, this.#open(to, name));
    }
  }

  /** Shows `exports` under the id, or nothing any more. Where one id continues another, the shorter one is seen. */
  set(id: string, exports: ReadonlyMap<string, Value> | undefined): void {
    const names = id.split(".");
    const last = names.pop() ?? "";
    let at = this.#root;
    for (const name of names) {
      const known = at.get(name);
      if (known === undefined && exports === undefined) return;
      const next = known === undefined ? this.#open(at, name) : this.#innerMap(known);
      if (next === undefined) return;
      at = next;
    }
    if (exports === undefined) at.delete(last);
    else at.set(last, exports);
  }

  /** The map as one of ours; undefined for the exports of a node. */
  #innerMap(value: Value): Map<string, Value> | undefined {
    return value instanceof Map && this.#inner.has(value) ? value : undefined;
  }

  #open(parent: Map<string, Value>, name: string): Map<string, Value> {
    const inner = new Map<string, Value>();
    this.#inner.add(inner);
    parent.set(name, inner);
    return inner;
  }
}
