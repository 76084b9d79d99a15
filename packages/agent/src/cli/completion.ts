import type { Command, CommandResult, Invocation } from "./command.ts";
import { commands } from "./commands.ts";
import type { Flags } from "./flags/flag.ts";

const shells: ReadonlyMap<string, () => string> = new Map([
  ["bash", bashScript],
  ["zsh", zshScript],
  ["fish", fishScript],
]);

export async function executeCompletion({ positionals, terminal }: Invocation<Flags>): Promise<CommandResult> {
  const [shell = ""] = positionals;
  const script = shells.get(shell);
  if (script === undefined) return { error: `no completion for ${JSON.stringify(shell)}: use one of ${[...shells.keys()].join(", ")}` };
  terminal.out.write(script());
  return { exit: 0 };
}

function longFlags({ flags }: Command): string[] {
  return ["help", ...Object.keys(flags)].map((name) => `--${name}`);
}

function namesOf({ name, aliases = [] }: Command): string[] {
  return [name, ...aliases];
}

function bashScript(): string {
  const cases = commands.map((command) => `    ${namesOf(command).join("|")}) flags="${longFlags(command).join(" ")}" ;;`);
  return `_flameline() {
  local word="\${COMP_WORDS[COMP_CWORD]}" flags=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands.flatMap(namesOf).join(" ")} --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  if [ "\${word#-}" != "$word" ]; then
    COMPREPLY=($(compgen -W "$flags" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _flameline flameline
`;
}

function zshScript(): string {
  const listed = commands.map(({ name, summary }) => `    '${name}:${summary}'`);
  const cases = commands.map((command) => `    ${namesOf(command).join("|")}) _arguments ${zshArguments(command).join(" ")} ;;`);
  return `#compdef flameline
_flameline() {
  local -a commands=(
${listed.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join("\n")}
  esac
}
compdef _flameline flameline
`;
}

function zshArguments({ flags }: Command): string[] {
  const entries = Object.entries(flags).map(([name, { type, doc }]) => {
    const text = doc.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, "\\$&");
    return type.placeholder === "" ? `'--${name}[${text}]'` : `'--${name}=[${text}]:${type.placeholder}:_files'`;
  });
  return ["'--help[Print help]'", ...entries, "'*:file:_files'"];
}

function fishScript(): string {
  const names = commands.flatMap(namesOf).join(" ");
  const lines = commands.flatMap((command) => [
    `complete -c flameline -f -n "not __fish_seen_subcommand_from ${names}" -a ${command.name} -d '${command.summary}'`,
    ...Object.entries(command.flags).map(([name, { type, doc, short }]) => {
      const condition = `-n "__fish_seen_subcommand_from ${namesOf(command).join(" ")}"`;
      const value = type.placeholder === "" ? "" : " -r";
      return `complete -c flameline ${condition} -l ${name}${short === undefined ? "" : ` -s ${short}`}${value} -d '${doc.replaceAll("'", "\\'")}'`;
    }),
  ]);
  return `${lines.join("\n")}\n`;
}
