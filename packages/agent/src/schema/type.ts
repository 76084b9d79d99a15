import type { Value, ValueKind } from "./value.ts";

/**
 * How an attribute's value is read, shown and documented. `decode` throws a `ValueError` for a value that does not fit; null is always accepted and
 * gives `zero()`.
 */
export interface Type<T> {
  /** As documentation and editors show it: `duration`, `list(map(string))`. */
  readonly doc: string;
  /** What messages say is expected: `should be <expects>, got bool`; `any` accepts everything. */
  readonly expects: ValueKind | "any";
  zero(): T;
  decode(value: Value): T;
  /** The value as the language sees it, for exports and for the pages; the inverse of `decode`. */
  encode(value: T): Value;
  /** `receiver`: data flows from the one that refers to the one that exports; everything else flows the other way. */
  readonly flow?: "receiver";
  /** Of lists and maps: the type of what they hold, by which static checks judge the parts of literals one by one. */
  readonly element?: Type<unknown>;
}
