import type { Type } from "../type.ts";

/** Like `type`, but absent and null stay null instead of becoming a zero. */
export function nullable<T>(type: Type<T>): Type<T | null> {
  return {
    ...type,
    zero: () => null,
    decode: (value) => (value === null ? null : type.decode(value)),
    encode: (value) => (value === null ? null : type.encode(value)),
  };
}
