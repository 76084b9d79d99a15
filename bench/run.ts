/**
 * `npm run bench [-- graph queue kubernetes rules delta rebuild push scrape]`: measures and prints ratios to Go programs (graph, queue and kubernetes: to limits), each taken in one run on this machine.
 * All but graph and queue need Go; push and scrape also need the drivers (`../shared/bench` or `$FLAMELINE_BENCH`).
 *
 * push:  --seconds 6      how long each step is measured
 *        --reps 1         how often, medians count
 *        --queue          with the queue on disk, too
 *        --relay          beside a relay in Node.js that does nothing else, too, at the fixed rates
 * scrape: --targets 200    Go programs, each asked for five profiles every 15 s
 *        --reps, --queue  as above; a step takes three minutes
 * `npm run bench -- soak --minutes 10` runs for long and is never part of the others: see soak.ts.
 *        --rate 200       profiles per second
 *        --outage         the server is away for that time
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fixturesExist } from "../tests/support/fixtures.ts";
import { missingForCluster } from "../tests/support/kubernetes.ts";
import { findPart } from "../tests/support/real-parts.ts";
import { root, runCommand } from "../tools/run-command.ts";
import { deltaRatios } from "./delta.ts";
import { driversFolder } from "./go-tools.ts";
import { pushRatios } from "./push.ts";
import { graphRatios } from "./graph.ts";
import { kubernetesRatios } from "./kubernetes.ts";
import { queueRatios } from "./queue.ts";
import type { Ratio } from "./ratio.ts";
import { formatRatios } from "./ratio.ts";
import { rebuildRatios } from "./rebuild.ts";
import { ruleRatios } from "./rules.ts";
import { scrapeRatios } from "./scrape.ts";
import { soak } from "./soak.ts";

const { positionals: wanted, values: options } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "6" },
    reps: { type: "string", default: "1" },
    targets: { type: "string", default: "200" },
    queue: { type: "boolean", default: false },
    relay: { type: "boolean", default: false },
    minutes: { type: "string", default: "10" },
    rate: { type: "string" },
    outage: { type: "boolean", default: false },
  },
});

const benchmarks: Readonly<Record<string, () => Promise<readonly Ratio[]>>> = {
  graph: graphRatios,
  queue: queueRatios,
  kubernetes: kubernetesRatios,
  rules: ruleRatios,
  delta: deltaRatios,
  rebuild: rebuildRatios,
  push,
  scrape,
};

/** Those that have no Go program beside them. */
const withoutGo: ReadonlySet<string> = new Set(["graph", "queue"]);

async function push(): Promise<readonly Ratio[]> {
  const { seconds, reps, queue, relay } = options;
  return pushRatios(await buildProgram(), { seconds: Number(seconds), repetitions: Number(reps), queue, relay });
}

async function scrape(): Promise<readonly Ratio[]> {
  const { targets, reps, queue } = options;
  return scrapeRatios(await buildProgram(), { targets: Number(targets), repetitions: Number(reps), queue });
}

/** The program as it is published, built into the cache. */
async function buildProgram(): Promise<string> {
  const folder = join(root, "packages/agent/.cache/dist");
  const build = await runCommand("npm", ["run", "build", "--workspace", "flameline", "--", "--out-dir", folder]);
  if (build.code !== 0) throw new Error(`the build failed:\n${build.output}`);
  return join(folder, "main.js");
}

async function runBenchmarks(): Promise<void> {
  const ratios: Ratio[] = [];
  for (const [name, run] of Object.entries(benchmarks)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    if (!hasGo && !withoutGo.has(name)) console.log(`skipped: ${name} needs Go for its yardstick`);
    else if (["delta", "push", "scrape"].includes(name) && !fixturesExist) console.log(`skipped: ${name} needs the fixtures`);
    else if (name === "kubernetes" && missingForCluster.length > 0)
      console.log(`skipped: kubernetes needs ${missingForCluster.join(", ")}`);
    else if (["push", "scrape"].includes(name) && driversFolder() === undefined) console.log(`skipped: ${name} needs the drivers`);
    else ratios.push(...(await run()));
  }
  if (ratios.length > 0) console.log(formatRatios(ratios));
}

const hasGo = findPart("go") !== undefined;
if (!wanted.includes("soak")) await runBenchmarks();
else if (!hasGo || !fixturesExist || driversFolder() === undefined) console.log("skipped: soak needs Go, the fixtures and the drivers");
else {
  const { minutes, outage, queue } = options;
  const rate = Number(options.rate ?? (outage ? 50 : 200));
  console.log(await soak(await buildProgram(), { minutes: Number(minutes), rate, outage, queue: queue || outage }));
}
