/** The push path: receive_http, three relabel rules, write; CPU of the whole process per profile beside the Go stand-in's. */
import { join } from "node:path";
import { fixturesFolder } from "../tests/support/fixtures.ts";
import { root, runCommand } from "../tools/run-command.ts";
import { DriverTable } from "./driver-table.ts";
import { buildGo, driversFolder } from "./go-tools.ts";
import type { Ratio } from "./ratio.ts";

export interface PushOptions {
  /** How long each step is measured. The engine compiles for a minute or so: longer runs show what a program that runs for days costs. */
  readonly seconds: number;
  /** The sides run in turn this often; medians count. */
  readonly repetitions: number;
  /** Measure the program with its queue on disk, too. */
  readonly queue: boolean;
  /** Measure a relay in the same engine that does nothing else, too: what no collector in it can go below. */
  readonly relay: boolean;
}

interface Row {
  /** Of the drivers' table. */
  readonly row: string;
  readonly name: string;
  /** With the queue off. */
  readonly goal: number;
  /** With the queue on: no more than the reference, where the project promises that. */
  readonly queueGoal?: number;
}

const saturated: readonly Row[] = [
  { row: "20KB push max", name: "push 20 KB, saturated", goal: 1.7, queueGoal: 2.13 },
  { row: "200KB push max", name: "push 200 KB, saturated", goal: 1.1, queueGoal: 1.38 },
];
const steady: readonly Row[] = [
  { row: "20KB push 500/s", name: "push 20 KB at 500/s", goal: 0.81 },
  { row: "20KB push 100/s", name: "push 20 KB at 100/s", goal: 0.51 },
];

/** Most resident memory at saturation, in megabytes. */
const rssGoal = 140;

export async function pushRatios(program: string, options: PushOptions): Promise<readonly Ratio[]> {
  const folder = driversFolder();
  if (folder === undefined) return [];
  const driver = await buildGo("driver", folder);
  const standin = await buildGo("standin", join(folder, "standin"));
  const flags = "--server.http.listen-addr={http} --storage.path={data} --disable-reporting";
  const ours = `node ${program} run {config} ${flags}`;
  const sides = [
    `standin=${standin} run {config} --server.http.listen-addr={http}`,
    `flameline=${ours} --queue.enabled=false`,
    ...(options.queue ? [`queued=${ours} --queue.enabled=true`] : []),
  ];
  const pinned = sides.map((side) => side.replace("=", "=taskset -c 0 "));
  const full = new DriverTable(await drive(driver, pinned, "0", options, ["taskset", "-c", "1"]));
  const relay = options.relay ? [`relay=node bench/relay.ts run {config} --server.http.listen-addr={http}`] : [];
  const paced = new DriverTable(await drive(driver, [...sides, ...relay], "100,500", options, []));
  return [...ratiosOf(full, saturated, rssGoal), ...ratiosOf(paced, steady), ...relayRatios(paced)];
}

async function drive(
  driver: string,
  sides: readonly string[],
  rates: string,
  { seconds, repetitions }: PushOptions,
  prefix: readonly string[],
): Promise<string> {
  const corpus = join(fixturesFolder, "pprof-corpus");
  const bodies = ["-small", join(corpus, "heap.pb.gz"), "-large", join(corpus, "heap")];
  const collectors = sides.flatMap((side) => ["-collector", side]);
  const load = ["-rates", rates, "-duration", `${seconds}s`, "-conns", "32", "-reps", String(repetitions)];
  const [command = "", ...args] = [...prefix, driver, "run", "receive", ...collectors, ...bodies, ...load];
  const { code, output } = await runCommand(command, args, { cwd: root });
  if (code !== 0) throw new Error(`the drivers failed:\n${output}`);
  return output;
}

function relayRatios(table: DriverTable): readonly Ratio[] {
  return steady.flatMap(({ row, name }): readonly Ratio[] => {
    const [ours, yardstick] = ["flameline", "relay"].map((side) => table.value(`${side} ${row}`, "CPU ms/profile"));
    if (ours === undefined || yardstick === undefined) return [];
    return [{ name: `${name}, to a bare relay`, ours, yardstick, unit: "ms", goal: undefined }];
  });
}

function ratiosOf(table: DriverTable, rows: readonly Row[], rssGoalMb?: number): readonly Ratio[] {
  const lost = (side: string, { row }: Row): boolean => (table.value(`${side} ${row}`, "missing") ?? 0) > 0;
  return rows.flatMap((row) =>
    ["flameline", "queued"].flatMap((side): readonly Ratio[] => {
      const [ours, yardstick] = [side, "standin"].map((name) => table.value(`${name} ${row.row}`, "CPU ms/profile"));
      if (ours === undefined || yardstick === undefined) return [];
      const queued = side === "queued";
      // What a queue still holds when the driver stops counting is on disk, not lost.
      if (!queued && lost(side, row)) throw new Error(`${row.name}: profiles that were accepted did not arrive`);
      return [
        {
          name: queued ? `${row.name}, queue on` : row.name,
          ours,
          yardstick,
          unit: "ms",
          goal: queued ? row.queueGoal : row.goal,
          rssMb: table.value(`${side} ${row.row}`, "RSS MB"),
          rssGoalMb,
          p99Ms: table.value(`${side} ${row.row}`, "p99 ms"),
        },
      ];
    }),
  );
}
