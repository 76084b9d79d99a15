import type { Type } from "../type.ts";
import { ValueError } from "../value.ts";
import { decodeText } from "./string.ts";

export interface TextOptions<T> {
  /** As documentation shows the type: `regexp`, `url`. */
  readonly doc: string;
  /** Throws an Error whose message becomes the diagnostic. */
  parse(text: string): T;
  format(value: T): string;
  /** What null stands for; by default what the empty text parses to. */
  readonly zero?: T;
}

/** A value that is written as a string with a grammar of its own. */
export function text<T>(options: TextOptions<T>): Type<T> {
  const zero = (): T => (options.zero === undefined ? options.parse("") : options.zero);
  return {
    doc: options.doc,
    expects: "string",
    zero,
    decode(value) {
      if (value === null) return zero();
      const written = decodeText(value);
      try {
        return options.parse(written);
      } catch (error) {
        throw new ValueError(error instanceof Error ? error.message : String(error));
      }
    },
    encode: (value) => options.format(value),
  };
}
