import { MismatchError } from "../mismatch-error.ts";
import type { Type } from "../type.ts";
import type { Value } from "../value.ts";
import { Capsule, ValueError } from "../value.ts";

export interface CapsuleOptions<T> {
  /** As documentation shows the type. */
  readonly doc: string;
  /** As in `capsule("pyroscope.Appendable")`. */
  readonly typeName: string;
  zero(): T;
  /** The content of a value of this type; undefined for a value that is none. May throw a {@link ValueError} with a better reason. */
  unwrap(value: Value): T | undefined;
  wrap(content: T): Value;
  readonly flow?: "receiver";
}

/** A type whose values the language only passes on. */
export function capsule<T>(options: CapsuleOptions<T>): Type<T> {
  return {
    doc: options.doc,
    expects: "capsule",
    ...(options.flow && { flow: options.flow }),
    zero: () => options.zero(),
    decode(value) {
      if (value === null) return options.zero();
      const content = options.unwrap(value);
      if (content !== undefined) return content;
      if (value instanceof Capsule) throw new ValueError(`expected ${named(options.typeName)}, got ${named(value.typeName)}`);
      throw new MismatchError("capsule", value);
    },
    encode: (content) => options.wrap(content),
  };
}

function named(typeName: string): string {
  return `capsule(${JSON.stringify(typeName)})`;
}
