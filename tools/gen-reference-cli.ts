import { commandHelp } from "../packages/agent/src/cli/help.ts";
import { absentCommands, commands } from "../packages/agent/src/cli/commands.ts";

/** The help of every command. */
export function commandLinePage(): string {
  const sections = commands.map((command) => `## flameline ${command.name}\n\n\`\`\`\n${commandHelp(command)}\`\`\``);
  const absent = Array.from(absentCommands, ([name, reason]) => `- \`${name}\`: ${reason}`);
  return `# Command line

Flags may stand before or after arguments, as \`--flag=value\` or \`--flag value\`; a flag that is true or false needs the \`=\`.
The exit code is 0, or 1 after any error.

${sections.join("\n\n")}

## Commands of Alloy that do not exist here

${absent.join("\n")}
`;
}
