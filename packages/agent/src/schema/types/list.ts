import { MismatchError } from "../mismatch-error.ts";
import type { Type } from "../type.ts";
import type { Value } from "../value.ts";
import { atPath } from "../value-path.ts";

/** A list; each element is converted on its own, null elements are the element's zero. */
export function list<T>(element: Type<T>): Type<readonly T[]> {
  return {
    doc: `list(${element.doc})`,
    expects: "array",
    element,
    zero: () => [],
    decode(value) {
      if (value === null) return [];
      return elementsOf(value).map((item, index) => atPath(index, () => element.decode(item)));
    },
    encode: (values) => values.map((value) => element.encode(value)),
  };
}

/** The elements of an array value. @throws {@link MismatchError} for anything else. */
export function elementsOf(value: Value): readonly Value[] {
  if (value instanceof Uint8Array) return Array.from(value, BigInt);
  if (isArray(value)) return value;
  throw new MismatchError("array", value);
}

/** `Array.isArray` does not narrow readonly arrays. */
function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
