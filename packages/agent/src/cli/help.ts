import { version } from "../identity/version.ts";
import type { Command, CommandResult, Invocation } from "./command.ts";
import { commands, findCommand } from "./commands.ts";
import type { Flag, Flags } from "./flags/flag.ts";

const width = 100;

export async function executeHelp({ positionals, terminal }: Invocation<Flags>): Promise<CommandResult> {
  const [name] = positionals;
  const command = name === undefined ? undefined : findCommand(name);
  if (name !== undefined && command === undefined) return { error: `unknown help topic ${JSON.stringify(name)}` };
  terminal.out.write(command === undefined ? programHelp() : commandHelp(command));
  return { exit: 0 };
}

/** What `--version` prints; the first word is the name by which the program calls itself. */
export function versionText(): string {
  return `flameline, version ${version} (node: ${process.version}, platform: ${process.platform}/${process.arch})\n`;
}

export function programHelp(): string {
  const names = commands.map(({ name, summary }) => `  ${name.padEnd(12)}${summary}`);
  return `flameline collects continuous profiles as Grafana Alloy configurations describe.

Usage:
  flameline <command>

Commands:
${names.join("\n")}

Flags:
  -h, --help      Explain the program, or the command before it
  -v, --version   Print the version

Use "flameline help <command>" for more about a command.
`;
}

export function commandHelp({ name, aliases = [], usage, doc, flags }: Command): string {
  const lines = [...wrap(doc, ""), "", "Usage:", `  flameline ${name} ${usage}`];
  if (aliases.length > 0) lines.push("", "Aliases:", `  ${[name, ...aliases].join(", ")}`);
  lines.push("", "Flags:", ...flagLines("help", "h", "", "Print this text"));
  for (const [flagName, flag] of Object.entries(flags)) lines.push(...flagHelp(flagName, flag));
  return `${lines.join("\n")}\n`;
}

function flagHelp(name: string, { type, defaultText, doc, short, ignored, extension, experimental }: Flag<unknown>): string[] {
  const notes = [
    ...(defaultText === "" ? [] : [`default ${defaultText}`]),
    ...(ignored ? ["no effect here"] : []),
    ...(experimental ? ["experimental"] : []),
    ...(extension ? ["not in Grafana Alloy"] : []),
  ];
  return flagLines(name, short, type.placeholder, notes.length === 0 ? doc : `${doc} (${notes.join("; ")})`);
}

function flagLines(name: string, short: string | undefined, placeholder: string, doc: string): string[] {
  const head = `  ${short === undefined ? "   " : `-${short},`} --${name}${placeholder === "" ? "" : ` ${placeholder}`}`;
  return [head, ...wrap(doc, "          ")];
}

/** Paragraphs broken between words; indented lines stay as they are. */
function wrap(text: string, indent: string): string[] {
  return text.split("\n").flatMap((line) => (line.startsWith(" ") ? [line] : wrapLine(line, indent)));
}

function wrapLine(line: string, indent: string): string[] {
  const lines: string[] = [];
  let current = "";
  for (const word of line.split(" ")) {
    if (current !== "" && indent.length + current.length + word.length >= width) {
      lines.push(indent + current);
      current = word;
    } else current = current === "" ? word : `${current} ${word}`;
  }
  return [...lines, indent + current];
}
