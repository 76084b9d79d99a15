import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { version } from "../identity/version.ts";
import { commands } from "./commands.ts";
import { runProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";

async function run(...args: string[]): Promise<{ exit: number; out: string; err: string }> {
  const written = { out: "", err: "" };
  const terminal: Terminal = {
    out: { write: (text) => void (written.out += text) },
    err: {
      write: (text) => void (written.err += text),
      offer: (line) => void (written.err += line),
      flushWithin: async () => true,
    },
    color: false,
    readInput: async () => new Uint8Array(),
  };
  const exit = await runProgram(args, terminal);
  return { exit, ...written };
}

describe("runProgram()", () => {
  it.each<[string[], string]>([
    [["nope"], 'Error: unknown command "nope" for "flameline"\nRun \'flameline --help\' for usage.\n'],
    [["fmtt"], 'Error: unknown command "fmtt" for "flameline"\n\nDid you mean this?\n\tfmt\n\nRun \'flameline --help\' for usage.\n'],
    [["--nope"], "Error: unknown flag: --nope\n"],
    [["run"], "Error: accepts 1 arg(s), received 0\n"],
    [["run", "a", "b"], "Error: accepts 1 arg(s), received 2\n"],
    [["run", ""], "Error: path argument not provided\n"],
    [["run", "--nope", "a"], "Error: unknown flag: --nope\n"],
    [["--nope", "run", "a"], "Error: unknown flag: --nope\n"],
    [["validate"], "Error: accepts 1 arg(s), received 0\n"],
    [["fmt", "a", "b"], "Error: accepts between 0 and 1 arg(s), received 2\n"],
    [["completion"], "Error: accepts 1 arg(s), received 0\n"],
    [["completion", "tcsh"], 'Error: no completion for "tcsh": use one of bash, zsh, fish\n'],
    [
      ["convert", "x"],
      'Error: flameline has no command "convert": it runs profiling pipelines, and it reads no other configuration formats\n',
    ],
    [["help", "nope"], 'Error: unknown help topic "nope"\n'],
    [
      ["run", "--cluster.join-addresses=a,b", "--cluster.discover-peers=c", "x"],
      'Error: at most one of join peers and discover peers may be set, got join peers ["a" "b"] and discover peers "c"\n',
    ],
    [
      ["run", "--cluster.enabled", "--cluster.join-addresses=10.0.0.1", "x"],
      "Error: --cluster.enabled: clusters of several instances are not supported yet, and without one every instance would collect the profiles of all targets; leave out --cluster.join-addresses, --cluster.discover-peers and --cluster.wait-for-size where this instance is alone\n",
    ],
    [
      ["run", "--server.http.enable-graphql", "x"],
      "Error: '--server.http.enable-graphql' can only be used at experimental stability level. Use --stability.level=experimental to enable.\n",
    ],
    [["run", "--config.format=otelcol", "x"], 'Error: --config.format: "otelcol" is not supported, only "alloy" is\n'],
    [["validate", "--config.format=static", "x"], 'Error: --config.format: "static" is not supported, only "alloy" is\n'],
  ])("refuses %j", async (args, err) => {
    expect(await run(...args)).toEqual({ exit: 1, out: "", err });
  });

  it("prints its name and version", async () => {
    for (const flag of ["--version", "-v"]) {
      const { exit, out } = await run(flag);
      expect({ exit, out }).toMatchObject({ exit: 0, out: expect.stringMatching(/^flameline, version v\d+\.\d+\.\d+ /) as string });
      expect(out).toContain(version);
    }
  });

  it("lists its commands without one, and explains each", async () => {
    const { exit, out } = await run();
    expect(exit).toBe(0);
    expect(await run("--help")).toEqual({ exit, out, err: "" });
    for (const { name, flags } of commands) {
      expect(out).toContain(`\n  ${name} `);
      const help = await run("help", name);
      expect(help).toEqual(await run(name, "--help"));
      for (const flag of Object.keys(flags)) expect(help.out).toContain(`--${flag}`);
    }
  });
});

const hasBash = spawnSync("bash", ["-c", "true"]).status === 0;

describe.skipIf(!hasBash)("completion bash", () => {
  it.each([
    ["flameline", "v", "validate"],
    ["flameline run", "--storage", "--storage.path"],
    ["flameline format", "--wr", "--write"],
  ])("completes `%s %s`", async (before, word, expected) => {
    const { out } = await run("completion", "bash");
    const words = `${before} ${word}`.split(" ");
    const script = `${out}
COMP_WORDS=(${words.map((one) => `"${one}"`).join(" ")}); COMP_CWORD=${words.length - 1}; _flameline; echo "\${COMPREPLY[@]}"`;
    expect(spawnSync("bash", ["-c", script], { encoding: "utf8" }).stdout).toBe(`${expected}\n`);
  });
});
