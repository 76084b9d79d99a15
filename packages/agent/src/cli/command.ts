import type { Flags, FlagValues } from "./flags/flag.ts";
import type { Terminal } from "./terminal.ts";

/** How a command ended. An error is printed as `Error: …` and ends the process with 1. */
export type CommandResult = { readonly exit: number } | { readonly error: string };

export interface Invocation<F extends Flags> {
  readonly values: FlagValues<F>;
  /** Names of the flags that were given with another value than their default. */
  readonly changed: readonly string[];
  readonly positionals: readonly string[];
  readonly terminal: Terminal;
}

export type CommandBody<F extends Flags> = (invocation: Invocation<F>) => Promise<CommandResult>;

interface CommandShape<F extends Flags> {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** What follows the name in the usage line. */
  readonly usage: string;
  /** A few words for the list of commands. */
  readonly summary: string;
  /** Paragraphs for the command's own help and the reference. */
  readonly doc: string;
  readonly flags: F;
  /** How many arguments there may be besides flags. */
  readonly arguments: { readonly min: number; readonly max: number };
  /** Imports what the command needs: a command that is not used costs nothing. */
  load(): Promise<CommandBody<F>>;
}

/** A command with the types of its flags erased, as the program and the documentation see it. */
export type Command = CommandShape<Flags>;

export function defineCommand<F extends Flags>(command: CommandShape<F>): Command {
  // The program hands a command only values that were read by its very own table of flags.
  return command as unknown as Command;
}

/** The text for a wrong number of arguments, undefined when it fits. */
export function checkArgumentCount({ min, max }: Command["arguments"], count: number): string | undefined {
  if (count >= min && count <= max) return undefined;
  return min === max ? `accepts ${min} arg(s), received ${count}` : `accepts between ${min} and ${max} arg(s), received ${count}`;
}
