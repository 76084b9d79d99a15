import { parseArgs } from "node:util";
import type { Flag, Flags, FlagValues } from "./flag.ts";

export interface ParsedFlags<F extends Flags> {
  readonly values: FlagValues<F>;
  /** Names of the flags that were given with another value than their default, in the order of the table. */
  readonly changed: readonly (string & keyof F)[];
  readonly positionals: readonly string[];
  /** `--help` or `-h` was given; nothing else was looked at then. */
  readonly help: boolean;
}

export interface FlagProblem {
  readonly problem: string;
}

type Token = NonNullable<ReturnType<typeof tokenize>>[number];

/**
 * Reads a command line by the rules of Go's pflag, which scripts written for the reference rely on: `--name value` and `--name=value`, a boolean alone
 * means true, flags and arguments mix, `--` ends the flags, the last one wins. The problem of a bad command line has pflag's wording.
 */
export function parseFlags<F extends Flags>(flags: F, args: readonly string[]): ParsedFlags<F> | FlagProblem {
  const given = new Map<string, unknown>();
  const positionals: string[] = [];
  for (const token of tokenize(flags, args)) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    if (token.name === "help") return { values: defaults(flags, given), changed: [], positionals: [], help: true };
    const problem = readOption(flags, token, given);
    if (problem !== undefined) return { problem };
  }
  const changed = Object.keys(flags).filter((name) => given.has(name) && String(given.get(name)) !== String(flags[name]?.default));
  return { values: defaults(flags, given), changed, positionals, help: false };
}

function tokenize(flags: Flags, args: readonly string[]): ReturnType<typeof parseTokens> {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { type, short }]) => [
      name,
      { type: type.placeholder === "" ? ("boolean" as const) : ("string" as const), ...(short !== undefined && { short }) },
    ]),
  );
  return parseTokens(args, { ...options, help: { type: "boolean" as const, short: "h" } });
}

function parseTokens(args: readonly string[], options: Record<string, { type: "boolean" | "string"; short?: string }>) {
  return parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

function readOption(flags: Flags, token: Token & { kind: "option" }, given: Map<string, unknown>): string | undefined {
  const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined;
  if (flag === undefined) {
    return token.rawName.startsWith("--")
      ? `unknown flag: ${token.rawName}`
      : `unknown shorthand flag: '${token.name}' in ${token.rawName}`;
  }
  const value = token.value ?? (flag.type.placeholder === "" ? "true" : undefined);
  if (value === undefined) return `flag needs an argument: ${token.rawName}`;
  try {
    given.set(token.name, flag.type.parse(value));
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `invalid argument ${JSON.stringify(value)} for "${displayName(token.name, flag)}" flag: ${reason}`;
  }
}

function displayName(name: string, { short }: Flag<unknown>): string {
  return short === undefined ? `--${name}` : `-${short}, --${name}`;
}

function defaults<F extends Flags>(flags: F, given: ReadonlyMap<string, unknown>): FlagValues<F> {
  const values = Object.entries(flags).map(([name, flag]) => [name, given.has(name) ? given.get(name) : flag.default]);
  // Each value came from the parser or the default of the very flag whose type the key has.
  return Object.fromEntries(values) as FlagValues<F>;
}
