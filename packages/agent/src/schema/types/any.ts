import type { Type } from "../type.ts";
import type { Value } from "../value.ts";

/** Any value, as the language has it. */
export const any: Type<Value> = {
  doc: "any",
  expects: "any",
  zero: () => null,
  decode: (value) => value,
  encode: (value) => value,
};
