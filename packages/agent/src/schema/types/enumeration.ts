import { quote } from "@flameline/syntax";
import type { Type } from "../type.ts";
import { text } from "./text.ts";

export interface EnumerationOptions<V extends string> {
  /** The diagnostic for any other text. */
  readonly refuse?: (text: string) => string;
  /** What null stands for; by default the first value. */
  readonly zero?: V;
}

/** One of a few words. */
export function enumeration<const V extends string>(values: readonly [V, ...V[]], options: EnumerationOptions<V> = {}): Type<V> {
  const words = values.map((value) => quote(value)).join(", ");
  const refuse = options.refuse ?? ((written: string) => `unrecognized value ${quote(written)}, must be one of ${words}`);
  const known = new Map<string, V>(values.map((value) => [value, value]));
  return text<V>({
    doc: values.map((value) => quote(value)).join(" | "),
    zero: options.zero ?? values[0],
    parse(written) {
      const value = known.get(written);
      if (value === undefined) throw new Error(refuse(written));
      return value;
    },
    format: (value) => value,
  });
}
