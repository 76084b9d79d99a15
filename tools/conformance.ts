/** Drives the program through the golden vectors of the reference, when they are there (`../shared/vectors` or `$FLAMELINE_VECTORS`). */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, runCommand } from "./run-command.ts";
import type { Totals } from "./totals.ts";

/** Group and set to case number to the reason, one line each. */
type Exceptions = Readonly<Record<string, Readonly<Record<string, string>>>>;

const vectors = process.env["FLAMELINE_VECTORS"] ?? join(root, "../shared/vectors");
const folder = join(root, "tests/conformance");

/** Inside the package, whose manifest has the version, and apart from the bundle that is published. */
const program = join(root, "packages/agent/.cache/dist");

/**
 * `known-differences.json` holds what we do otherwise on purpose, `pending.json` what waits for a named issue. Both may only shrink: the runner fails a
 * listed case that passes.
 */
export async function runConformance(): Promise<Totals> {
  if (!existsSync(join(vectors, "run.mjs"))) {
    console.log("skipped: golden vectors of the reference (not there)");
    return { passed: 0, failed: 0, skipped: 0 };
  }
  const build = await runCommand("npm", ["run", "build", "--workspace", "flameline", "--", "--out-dir", program]);
  if (build.code !== 0) {
    console.log(`the build failed:\n${build.output}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const exceptions = join(root, ".cache/exceptions.json");
  writeFileSync(exceptions, JSON.stringify(mergedNumbers(["known-differences.json", "pending.json"])));
  const { output } = await runCommand("node", [
    join(vectors, "run.mjs"),
    "--program",
    `node ${join(program, "main.js")}`,
    "--run-args=--queue.enabled=false",
    "--pending",
    exceptions,
  ]);
  console.log(output.trimEnd());
  const totals = /(\d+) passed, (\d+) failed, (\d+) skipped\s*$/.exec(output);
  if (totals === null) return { passed: 0, failed: 1, skipped: 0 };
  return { passed: Number(totals[1]), failed: Number(totals[2]), skipped: Number(totals[3]) };
}

function mergedNumbers(files: readonly string[]): Record<string, number[]> {
  const merged: Record<string, number[]> = {};
  for (const file of files) {
    const exceptions = JSON.parse(readFileSync(join(folder, file), "utf8")) as Exceptions;
    for (const [set, reasons] of Object.entries(exceptions)) (merged[set] ??= []).push(...Object.keys(reasons).map(Number));
  }
  return merged;
}
