import { RE2JS, RE2JSException } from "re2js";
import { isLinear } from "./linear.ts";
import { nativeSource } from "./native.ts";
import { parsePlain } from "./plain-syntax.ts";

/** The groups of a match, the whole match first; undefined for a group that took no part. */
export type MatchGroups = readonly (string | undefined)[];

/** A regular expression of RE2's syntax that must match the whole text; the dot matches line breaks too. Takes time linear in the text. */
export interface Pattern {
  /** Numbers of the named groups. */
  readonly names: Readonly<Record<string, number>>;
  test(text: string): boolean;
  match(text: string): MatchGroups | undefined;
}

/** Texts longer than this never go to JavaScript's own engine, so that what its proof leaves as a constant stays far below a millisecond. */
const maxNativeLength = 1_024;

/** Why RE2 refuses the regular expression, in the words of Go; undefined when it is accepted. */
export function regexProblem(regex: string): string | undefined {
  try {
    compileRe2(regex);
    return undefined;
  } catch (error) {
    if (error instanceof RE2JSException) return error.message;
    throw error;
  }
}

/**
 * Compiles an accepted regular expression. JavaScript's own engine, many times faster, matches patterns whose syntax means the same in both and for which
 * backtracking is proven linear ({@link isLinear}); all others are left to RE2's automata.
 */
export function compilePattern(regex: string): Pattern {
  const careful = new CarefulPattern(compileRe2(regex));
  const plain = parsePlain(regex);
  return plain !== undefined && isLinear(plain) ? new FastPattern(new RegExp(nativeSource(plain), "su"), careful) : careful;
}

/** Wrapped as the reference wraps it: messages about unbalanced parentheses show it. */
function compileRe2(regex: string): RE2JS {
  return RE2JS.compile(`^(?s:${regex})$`);
}

class CarefulPattern implements Pattern {
  readonly names: Readonly<Record<string, number>>;
  readonly #re2: RE2JS;

  constructor(re2: RE2JS) {
    this.#re2 = re2;
    this.names = re2.namedGroups();
  }

  test(text: string): boolean {
    return this.#re2.test(text);
  }

  match(text: string): MatchGroups | undefined {
    const matcher = this.#re2.matcher(text);
    if (!matcher.find()) return undefined;
    return Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? undefined);
  }
}

class FastPattern implements Pattern {
  readonly names: Readonly<Record<string, number>>;
  readonly #native: RegExp;
  readonly #careful: CarefulPattern;

  constructor(native: RegExp, careful: CarefulPattern) {
    this.#native = native;
    this.#careful = careful;
    this.names = careful.names;
  }

  test(text: string): boolean {
    return text.length <= maxNativeLength ? this.#native.test(text) : this.#careful.test(text);
  }

  match(text: string): MatchGroups | undefined {
    return text.length <= maxNativeLength ? (this.#native.exec(text) ?? undefined) : this.#careful.match(text);
  }
}
