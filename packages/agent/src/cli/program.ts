import type { Command, CommandResult } from "./command.ts";
import { checkArgumentCount } from "./command.ts";
import { absentCommands, commands, findCommand } from "./commands.ts";
import { flag } from "./flags/flag.ts";
import { boolean } from "./flags/flag-types.ts";
import { parseFlags } from "./flags/parse-flags.ts";
import type { Terminal } from "./terminal.ts";

const programFlags = { version: flag(boolean, { default: false, short: "v", doc: "Print the version." }) };

/**
 * Runs the program with the arguments that follow its name and gives the exit code. Wording and codes of a wrong command line are those of the
 * framework that the reference uses, because scripts look at them.
 */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  const result = await dispatch(args, terminal);
  if ("exit" in result) return result.exit;
  terminal.err.write(`Error: ${result.error}\n`);
  return 1;
}

async function dispatch(args: readonly string[], terminal: Terminal): Promise<CommandResult> {
  const at = args.findIndex((word) => !word.startsWith("-"));
  const name = args[at];
  if (name === undefined) return runWithoutCommand(args, terminal);
  const command = findCommand(name);
  return command === undefined ? unknownCommand(name) : runCommand(command, args.toSpliced(at, 1), terminal);
}

async function runWithoutCommand(args: readonly string[], terminal: Terminal): Promise<CommandResult> {
  const parsed = parseFlags(programFlags, args);
  if ("problem" in parsed) return { error: parsed.problem };
  const { programHelp, versionText } = await import("./help.ts");
  terminal.out.write(parsed.values.version && !parsed.help ? versionText() : programHelp());
  return { exit: 0 };
}

async function runCommand(command: Command, args: readonly string[], terminal: Terminal): Promise<CommandResult> {
  const parsed = parseFlags(command.flags, args);
  if ("problem" in parsed) return { error: parsed.problem };
  if (parsed.help) {
    terminal.out.write((await import("./help.ts")).commandHelp(command));
    return { exit: 0 };
  }
  const wrongCount = checkArgumentCount(command.arguments, parsed.positionals.length);
  if (wrongCount !== undefined) return { error: wrongCount };
  const execute = await command.load();
  return execute({ ...parsed, terminal });
}

async function unknownCommand(name: string): Promise<CommandResult> {
  const reason = absentCommands.get(name);
  if (reason !== undefined)
    return { error: `flameline has no command ${JSON.stringify(name)}: it runs profiling pipelines, and ${reason}` };
  const { suggest } = await import("./suggest.ts");
  const near = suggest(
    name,
    commands.map((command) => command.name),
  );
  const suggestion = near.length === 0 ? "" : `\nDid you mean this?\n${near.map((one) => `\t${one}\n`).join("")}\n`;
  return { error: `unknown command ${JSON.stringify(name)} for "flameline"\n${suggestion}Run 'flameline --help' for usage.` };
}
