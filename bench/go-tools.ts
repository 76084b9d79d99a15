import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { root, runCommand } from "../tools/run-command.ts";

const cache = join(root, ".cache/bench");

/** The drivers with the Go stand-in of a collector: `$FLAMELINE_BENCH` or `../shared/bench`. Undefined when they are not there. */
export function driversFolder(): string | undefined {
  const folder = process.env["FLAMELINE_BENCH"] ?? join(root, "../shared/bench");
  return existsSync(join(folder, "go.mod")) ? folder : undefined;
}

/** Builds a Go program from its folder into the cache and returns its path. */
export async function buildGo(name: string, folder: string): Promise<string> {
  mkdirSync(cache, { recursive: true });
  const binary = join(cache, name);
  const { code, output } = await runCommand("go", ["build", "-o", binary, "."], { cwd: folder });
  if (code !== 0) throw new Error(`building ${folder} failed:\n${output}`);
  return binary;
}

/** CPU microseconds of one operation of a yardstick program. */
export async function runYardstick(binary: string, args: readonly string[]): Promise<number> {
  const { code, output } = await runCommand(binary, args);
  if (code !== 0) throw new Error(`${binary} ${args.join(" ")} failed:\n${output}`);
  return (JSON.parse(output) as { readonly cpuMicroseconds: number }).cpuMicroseconds;
}

/** CPU microseconds of one of the `parts` of an operation of ours, measured for two seconds after a warm-up of half a second. */
export function measure(operation: () => void, parts = 1): number {
  repeat(operation, 500);
  const begin = process.cpuUsage();
  const rounds = repeat(operation, 2000);
  const { user, system } = process.cpuUsage(begin);
  return (user + system) / (rounds * parts);
}

function repeat(operation: () => void, milliseconds: number): number {
  let rounds = 0;
  for (const stop = performance.now() + milliseconds; performance.now() < stop; rounds += 1) operation();
  return rounds;
}
