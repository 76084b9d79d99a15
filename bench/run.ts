/**
 * `npm run bench [-- push delta rules graph]`: measures and prints ratios to Go programs or to limits, each taken in one run on this machine. Needs Go but for the graph; the push path also
 * needs the drivers (`../shared/bench` or `$FLAMELINE_BENCH`).
 */
import { join } from "node:path";
import { fixturesExist } from "../tests/support/fixtures.ts";
import { findPart } from "../tests/support/real-parts.ts";
import { root, runCommand } from "../tools/run-command.ts";
import { deltaRatios } from "./delta.ts";
import { driversFolder } from "./go-tools.ts";
import { pushRatios } from "./push.ts";
import { graphRatios } from "./graph.ts";
import type { Ratio } from "./ratio.ts";
import { formatRatios } from "./ratio.ts";
import { ruleRatios } from "./rules.ts";

const benchmarks: Readonly<Record<string, () => Promise<readonly Ratio[]>>> = { rules: ruleRatios, delta: deltaRatios, push };

async function push(): Promise<readonly Ratio[]> {
  const folder = join(root, "packages/agent/.cache/dist");
  const build = await runCommand("npm", ["run", "build", "--workspace", "flameline", "--", "--out-dir", folder]);
  if (build.code !== 0) throw new Error(`the build failed:\n${build.output}`);
  return pushRatios(join(folder, "main.js"));
}

const wanted = process.argv.slice(2);
const ratios: Ratio[] = [];
if (wanted.length === 0 || wanted.includes("graph")) ratios.push(...(await graphRatios()));
if (findPart("go") === undefined) console.log("skipped: all other benchmarks need Go for their yardsticks");
else {
  for (const [name, run] of Object.entries(benchmarks)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    if (name !== "rules" && !fixturesExist) console.log(`skipped: ${name} needs the fixtures`);
    else if (name === "push" && driversFolder() === undefined) console.log("skipped: push needs the drivers");
    else ratios.push(...(await run()));
  }
  console.log(formatRatios(ratios));
}
