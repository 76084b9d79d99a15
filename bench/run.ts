/**
 * `npm run bench [-- queue rules delta rebuild push]`: measures and prints ratios to Go programs (the queue: to a limit), each taken in one run on this machine.
 * All but the queue need Go; the push path also needs the drivers (`../shared/bench` or `$FLAMELINE_BENCH`).
 */
import { join } from "node:path";
import { fixturesExist } from "../tests/support/fixtures.ts";
import { findPart } from "../tests/support/real-parts.ts";
import { root, runCommand } from "../tools/run-command.ts";
import { deltaRatios } from "./delta.ts";
import { driversFolder } from "./go-tools.ts";
import { pushRatios } from "./push.ts";
import { queueRatios } from "./queue.ts";
import type { Ratio } from "./ratio.ts";
import { formatRatios } from "./ratio.ts";
import { rebuildRatios } from "./rebuild.ts";
import { ruleRatios } from "./rules.ts";

const benchmarks: Readonly<Record<string, () => Promise<readonly Ratio[]>>> = {
  queue: queueRatios,
  rules: ruleRatios,
  delta: deltaRatios,
  rebuild: rebuildRatios,
  push,
};

/** Those that have no Go program beside them. */
const withoutGo: ReadonlySet<string> = new Set(["queue"]);

async function push(): Promise<readonly Ratio[]> {
  const folder = join(root, "packages/agent/.cache/dist");
  const build = await runCommand("npm", ["run", "build", "--workspace", "flameline", "--", "--out-dir", folder]);
  if (build.code !== 0) throw new Error(`the build failed:\n${build.output}`);
  return pushRatios(join(folder, "main.js"));
}

const wanted = process.argv.slice(2);
const ratios: Ratio[] = [];
const hasGo = findPart("go") !== undefined;
for (const [name, run] of Object.entries(benchmarks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  if (!hasGo && !withoutGo.has(name)) console.log(`skipped: ${name} needs Go for its yardstick`);
  else if (["delta", "push"].includes(name) && !fixturesExist) console.log(`skipped: ${name} needs the fixtures`);
  else if (name === "push" && driversFolder() === undefined) console.log("skipped: push needs the drivers");
  else ratios.push(...(await run()));
}
console.log(formatRatios(ratios));
