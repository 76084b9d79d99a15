import type { Numeric } from "./number-text.ts";
import { elementsOf } from "./types/list.ts";
import { Capsule, FunctionValue, kindOf, Uint64, type Value } from "./value.ts";

/** How to compare where two notions of equality differ. */
export interface Equality {
  numbers(left: Numeric, right: Numeric): boolean;
  functions(left: FunctionValue, right: FunctionValue): boolean;
  capsules(left: Capsule, right: Value): boolean;
}

const sameness: Equality = {
  numbers(left, right) {
    if (left instanceof Uint64) return right instanceof Uint64 && left.value === right.value;
    return Object.is(left, right);
  },
  functions: (left, right) => left === right,
  // A text that becomes a secret has changed, though its content has not.
  capsules: (left, right) => right instanceof Capsule && left.display() === right.display() && left.equals(right),
};

/**
 * Whether two values are the same, kinds of numbers and what is secret included: decides whether arguments or exports have changed. Not the language's `==`, for which
 * 3 and 3.0 are equal, as are a secret and the text in it, and functions never are.
 */
export function equalValues(left: Value, right: Value): boolean {
  return equalBy(sameness, left, right);
}

/** Compares two values member by member. */
export function equalBy(equality: Equality, left: Value, right: Value): boolean {
  if (left instanceof Capsule) return equality.capsules(left, right);
  if (right instanceof Capsule) return equality.capsules(right, left);
  if (isNumeric(left) && isNumeric(right)) return equality.numbers(left, right);
  if (left instanceof FunctionValue && right instanceof FunctionValue) return equality.functions(left, right);
  if (left instanceof Map && right instanceof Map) return equalObjects(equality, left, right);
  if (kindOf(left) !== "array" || kindOf(right) !== "array") return left === right;
  const items = elementsOf(left);
  const others = elementsOf(right);
  return items.length === others.length && items.every((item, index) => equalBy(equality, item, others[index] ?? null));
}

export function isNumeric(value: Value): value is Numeric {
  return typeof value === "bigint" || typeof value === "number" || value instanceof Uint64;
}

function equalObjects(equality: Equality, left: ReadonlyMap<string, Value>, right: ReadonlyMap<string, Value>): boolean {
  if (left.size !== right.size) return false;
  return [...left].every(([key, value]) => {
    const other = right.get(key);
    return other !== undefined && equalBy(equality, value, other);
  });
}
