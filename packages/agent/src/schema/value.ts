/**
 * Values of the configuration language.
 *
 * Numbers keep their kind: `bigint` is int64, `number` is float64, {@link Uint64} is uint64 (only reached by literals above the int64 range).
 * Strings are byte strings as `@flameline/syntax` text describes. `Uint8Array` is a byte array: what `encoding.from_base64` returns, a string when
 * it meets a string attribute, an array of numbers otherwise.
 */
export type Value =
  | null
  | boolean
  | string
  | bigint
  | number
  | Uint64
  | Uint8Array
  | readonly Value[]
  | ReadonlyMap<string, Value>
  | FunctionValue
  | Capsule;

/** Type names as messages print them. */
export type ValueKind = "null" | "number" | "string" | "bool" | "array" | "object" | "function" | "capsule";

export class Uint64 {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = BigInt.asUintN(64, value);
  }
}

/** A function of the standard library. It reports bad calls by throwing a {@link ValueError}. */
export class FunctionValue {
  readonly name: string;
  /** Parameters and result, as documentation and editors show them: `(string, string) string`. */
  readonly signature: string;
  readonly call: (args: readonly Value[]) => Value;

  constructor(name: string, call: (args: readonly Value[]) => Value, signature = "(...any) any") {
    this.name = name;
    this.signature = signature;
    this.call = call;
  }
}

/** A value that the language passes on without looking inside: secrets, targets, receivers. */
export abstract class Capsule {
  /** As in `capsule("pyroscope.Appendable")`. */
  abstract readonly typeName: string;

  abstract equals(other: Value): boolean;

  /** The text by which pages and printed configurations show it. */
  display(): string {
    return `capsule(${JSON.stringify(this.typeName)})`;
  }

  /** The members, for capsules that may be used like an object (targets). */
  members(): ReadonlyMap<string, Value> | undefined {
    return undefined;
  }
}

/**
 * A wrong value somewhere inside a value. `path` leads from the outermost value to the wrong one (array indexes and object keys), `argument` names the
 * argument of a call that is to blame. The evaluator finds the expression for it and makes a diagnostic.
 */
export class ValueError extends Error {
  override readonly name = "ValueError";
  readonly #path: (string | number)[];
  #argument: number | undefined;

  constructor(message: string, path: readonly (string | number)[] = [], argument?: number) {
    super(message);
    this.#path = [...path];
    this.#argument = argument;
  }

  get path(): readonly (string | number)[] {
    return this.#path;
  }

  get argument(): number | undefined {
    return this.#argument;
  }

  /** The same problem seen from the value that has the wrong one as its member `step`. */
  under(step: string | number): this {
    this.#path.unshift(step);
    return this;
  }

  /** The same problem seen from a call: its argument with this index is to blame. */
  of(argument: number): this {
    this.#argument = argument;
    return this;
  }
}

export function kindOf(value: Value): ValueKind {
  if (value === null) return "null";
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "string":
      return "string";
    case "bigint":
    case "number":
      return "number";
    default:
      if (value instanceof Uint64) return "number";
      if (value instanceof FunctionValue) return "function";
      if (value instanceof Capsule) return "capsule";
      return value instanceof Uint8Array || Array.isArray(value) ? "array" : "object";
  }
}
