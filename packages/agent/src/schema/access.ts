import { quote } from "@flameline/syntax";
import { MismatchError } from "./mismatch-error.ts";
import { elementsOf } from "./types/list.ts";
import { wholePart } from "./types/numbers.ts";
import { isNumeric } from "./equal.ts";
import { Capsule, kindOf, type Value, ValueError } from "./value.ts";

/**
 * `value.name`; undefined when there is no such member.
 *
 * @throws {@link ValueError} for a value without members.
 */
export function accessMember(value: Value, name: string): Value | undefined {
  const members = objectMembers(value);
  if (members === undefined) throw new ValueError(`cannot access field ${quote(name)} on value of type ${kindOf(value)}`, [], 0);
  return members.get(name);
}

/** `value[index]`. A missing key of an object gives null; a missing element of an array is an error. */
export function accessIndex(value: Value, index: Value): Value {
  if (kindOf(value) === "array") return elementAt(elementsOf(value), index);
  const members = objectMembers(value);
  if (members === undefined) throw new ValueError(`expected object or array, got ${kindOf(value)}`, [], 0);
  if (typeof index !== "string") throw new MismatchError("string", index, [], 1);
  return members.get(index) ?? null;
}

function elementAt(elements: readonly Value[], index: Value): Value {
  if (!isNumeric(index)) throw new MismatchError("number", index, [], 1);
  const at = wholePart(index);
  const element = at >= 0n && at < BigInt(elements.length) ? elements[Number(at)] : undefined;
  if (element === undefined) throw new ValueError(`index ${at} is out of range of array with length ${elements.length}`, [], 1);
  return element;
}

function objectMembers(value: Value): ReadonlyMap<string, Value> | undefined {
  if (value instanceof Map) return value;
  if (!(value instanceof Capsule)) return undefined;
  const members = value.members();
  if (members === undefined) throw new ValueError("expected object or array or a capsule convertible to an object, got capsule", [], 0);
  return members;
}
