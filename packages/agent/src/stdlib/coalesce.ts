import { elementsOf, FunctionValue, kindOf, membersIn, Uint64, type Value } from "../schema/index.ts";

/** The first argument that is not empty, else the last one. */
export const coalesce = new FunctionValue(
  "coalesce",
  (args) => args.find((value) => !isEmpty(value)) ?? args.at(-1) ?? null,
  "(...any) any",
);

/** null, "", 0, false, an array or an object without members. */
function isEmpty(value: Value): boolean {
  if (value === null || value === "" || value === false || value === 0 || value === 0n) return true;
  if (value instanceof Uint64) return value.value === 0n;
  return kindOf(value) === "array" ? elementsOf(value).length === 0 : membersIn(value)?.size === 0;
}
