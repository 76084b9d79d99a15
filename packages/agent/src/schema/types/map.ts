import { MismatchError } from "../mismatch-error.ts";
import type { Type } from "../type.ts";
import type { Value } from "../value.ts";
import { Capsule } from "../value.ts";
import { atPath } from "../value-path.ts";

/** An object with any keys and values of one type. */
export function map<T>(element: Type<T>): Type<ReadonlyMap<string, T>> {
  return {
    doc: `map(${element.doc})`,
    expects: "object",
    element,
    zero: () => new Map(),
    decode(value) {
      const decoded = new Map<string, T>();
      if (value === null) return decoded;
      for (const [key, member] of membersOf(value)) {
        decoded.set(
          key,
          atPath(key, () => element.decode(member)),
        );
      }
      return decoded;
    },
    encode: (values) => new Map([...values].map(([key, value]) => [key, element.encode(value)])),
  };
}

/** The members of an object, or of a capsule that may be used like one. @throws {@link MismatchError} for anything else. */
export function membersOf(value: Value): ReadonlyMap<string, Value> {
  const members = membersIn(value);
  if (members === undefined) throw new MismatchError("object", value);
  return members;
}

/** Like {@link membersOf}; undefined for anything else. */
export function membersIn(value: Value): ReadonlyMap<string, Value> | undefined {
  if (value instanceof Map) return value;
  return value instanceof Capsule ? value.members() : undefined;
}
