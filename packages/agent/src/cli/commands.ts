import type { Command } from "./command.ts";
import { defineCommand } from "./command.ts";
import { configFlags } from "./flags/common-flags.ts";
import { flag } from "./flags/flag.ts";
import { boolean } from "./flags/flag-types.ts";
import { runFlags } from "./flags/run-flags.ts";

export const fmtFlags = {
  write: flag(boolean, { default: false, short: "w", doc: "Rewrite the file instead of printing the result." }),
  test: flag(boolean, { default: false, short: "t", doc: "Change nothing; fail when the file is not formatted." }),
};

export const queueFlags = {
  json: flag(boolean, { default: false, doc: "Print everything that is known as JSON." }),
};

export const validateFlags = {
  ...configFlags,
  strict: flag(boolean, {
    default: false,
    extension: true,
    doc: "Also report what is legal and most likely not meant: things that nothing uses, targets that can never match or have no service_name, secrets in plain text, and what is wrong inside imported files.",
  }),
};

/** The commands of the program, in the order in which help lists them. */
export const commands: readonly Command[] = [
  defineCommand({
    name: "run",
    usage: "[flags] path",
    summary: "Run a configuration",
    doc: `Runs the configuration in the file or directory at path until SIGTERM or SIGINT. Of a directory, all *.alloy files directly in it are one configuration.

The HTTP server answers at /-/ready, /-/healthy, /metrics and below /api/v0/. SIGHUP or a POST to /-/reload reads the configuration again: what did not change keeps running. A configuration with anything wrong in it, be it text, references or arguments that a component refuses, changes nothing.`,
    flags: runFlags,
    arguments: { min: 1, max: 1 },
    load: async () => (await import("./run/execute.ts")).executeRun,
  }),
  defineCommand({
    name: "fmt",
    aliases: ["format"],
    usage: "[flags] [file]",
    summary: "Format a configuration file",
    doc: "Prints the file, or the standard input when there is none or it is -, in the standard format.",
    flags: fmtFlags,
    arguments: { min: 0, max: 1 },
    load: async () => (await import("./fmt.ts")).executeFmt,
  }),
  defineCommand({
    name: "validate",
    usage: "[flags] path",
    summary: "Check a configuration without running it",
    doc: "Reports every problem of the configuration in the file or directory at path that can be found without running it. Warnings count as problems.",
    flags: validateFlags,
    arguments: { min: 1, max: 1 },
    load: async () => (await import("./validate.ts")).executeValidate,
  }),
  defineCommand({
    name: "queue",
    usage: "[flags] inspect|check DIR, or move FROM TO",
    summary: "Look into queues on disk",
    doc: `inspect and check look into the queue in DIR, or into all queues below it when it is a storage directory, and change nothing. They may be used while a collector runs.

inspect says what waits to be delivered: how much, how old, of which tenant and of which service. check verifies every checksum and says what is damaged, what was set aside and which records that cost; the exit code is 1 then.

move puts what waits in the queue FROM into the queue TO, for another endpoint: profiles that were kept for an address that is no more. Both are folders as inspect names them; no collector may have them open. The folder of an endpoint is there once a collector has run with it. When it is interrupted, do it again: nothing is lost, and a few profiles may be delivered twice.`,
    flags: queueFlags,
    arguments: { min: 1, max: 3 },
    load: async () => (await import("./queue.ts")).executeQueue,
  }),
  defineCommand({
    name: "completion",
    usage: "bash|zsh|fish",
    summary: "Print a completion script for a shell",
    doc: `Prints a script that completes commands and flags. To use it in the present shell:

  bash: source <(flameline completion bash)
  zsh:  source <(flameline completion zsh)
  fish: flameline completion fish | source`,
    flags: {},
    arguments: { min: 1, max: 1 },
    load: async () => (await import("./completion.ts")).executeCompletion,
  }),
  defineCommand({
    name: "help",
    usage: "[command]",
    summary: "Explain a command",
    doc: "Prints what a command does and which flags it has.",
    flags: {},
    arguments: { min: 0, max: 1 },
    load: async () => (await import("./help.ts")).executeHelp,
  }),
];

/** Commands of the reference that this program does not have, and why. */
export const absentCommands: ReadonlyMap<string, string> = new Map([
  ["convert", "it reads no other configuration formats"],
  ["tools", "it keeps no metrics on disk to inspect"],
  ["gql", "it has no GraphQL API"],
  ["graphql", "it has no GraphQL API"],
  ["otel", "it does not contain the OpenTelemetry engine"],
  ["otel-supervisor", "it does not contain the OpenTelemetry engine"],
]);

export function findCommand(name: string): Command | undefined {
  return commands.find((command) => command.name === name || command.aliases?.includes(name) === true);
}
