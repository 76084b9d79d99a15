import type { Value } from "./value.ts";

/** The names that an expression may use. Inner scopes hide the names of outer ones. */
export class Scope {
  readonly #values: ReadonlyMap<string, Value>;
  readonly #parent: Scope | undefined;

  constructor(values: ReadonlyMap<string, Value>, parent?: Scope) {
    this.#values = values;
    this.#parent = parent;
  }

  /** Undefined when there is no such name. */
  lookup(name: string): Value | undefined {
    return this.#values.get(name) ?? (this.#values.has(name) ? null : this.#parent?.lookup(name));
  }
}
