import { MismatchError } from "../mismatch-error.ts";
import type { Type } from "../type.ts";

export const bool: Type<boolean> = {
  doc: "bool",
  expects: "bool",
  zero: () => false,
  decode(value) {
    if (value === null) return false;
    if (typeof value !== "boolean") throw new MismatchError("bool", value);
    return value;
  },
  encode: (value) => value,
};
