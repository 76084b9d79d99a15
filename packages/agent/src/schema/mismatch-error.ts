import type { Value } from "./value.ts";
import { kindOf, ValueError } from "./value.ts";

/** A value of the wrong kind: `should be string, got bool`, in static checks `expected string, got bool`. */
export class MismatchError extends ValueError {
  readonly expected: string;
  readonly actual: string;

  constructor(expected: string, value: Value, path: readonly (string | number)[] = [], argument?: number) {
    const actual = kindOf(value);
    super(`should be ${expected}, got ${actual}`, path, argument);
    this.expected = expected;
    this.actual = actual;
  }
}
