/** The push path: receive_http, three relabel rules, write; CPU of the whole process per profile beside the Go stand-in's. */
import { join } from "node:path";
import { fixturesFolder } from "../tests/support/fixtures.ts";
import { root, runCommand } from "../tools/run-command.ts";
import { buildGo, driversFolder } from "./go-tools.ts";
import type { Ratio } from "./ratio.ts";

/** Rows of the drivers' table, with the goals of the project. */
const saturated = [
  { row: "20KB push max", name: "push 20 KB, saturated", goal: 1.7 },
  { row: "200KB push max", name: "push 200 KB, saturated", goal: 1.1 },
];
const steady = [
  { row: "20KB push 500/s", name: "push 20 KB at 500/s", goal: 0.81 },
  { row: "20KB push 100/s", name: "push 20 KB at 100/s", goal: 0.51 },
];

export async function pushRatios(program: string): Promise<readonly Ratio[]> {
  const folder = driversFolder();
  if (folder === undefined) return [];
  const driver = await buildGo("driver", folder);
  const standin = await buildGo("standin", join(folder, "standin"));
  const flags = "--server.http.listen-addr={http} --storage.path={data} --disable-reporting --queue.enabled=false";
  const sides = [`standin=${standin} run {config} --server.http.listen-addr={http}`, `flameline=node ${program} run {config} ${flags}`];
  const pinned = sides.map((side) => side.replace("=", "=taskset -c 0 "));
  const full = await drive(driver, pinned, ["-rates", "0", "-duration", "6s"], ["taskset", "-c", "1"]);
  const paced = await drive(driver, sides, ["-rates", "100,500", "-duration", "6s"], []);
  return [...ratiosOf(full, saturated), ...ratiosOf(paced, steady)];
}

async function drive(driver: string, sides: readonly string[], options: readonly string[], prefix: readonly string[]): Promise<string> {
  const corpus = join(fixturesFolder, "pprof-corpus");
  const bodies = ["-small", join(corpus, "heap.pb.gz"), "-large", join(corpus, "heap")];
  const command = [
    ...prefix,
    driver,
    "run",
    "receive",
    ...sides.flatMap((side) => ["-collector", side]),
    ...bodies,
    ...options,
    "-conns",
    "32",
    "-reps",
    "1",
  ];
  const { code, output } = await runCommand(command[0] ?? "", command.slice(1), { cwd: root });
  if (code !== 0) throw new Error(`the drivers failed:\n${output}`);
  return output;
}

/** `| standin 20KB push max | 1 / **2** / 3 | …` with the column names in the table's first line. */
function ratiosOf(
  table: string,
  wanted: readonly { readonly row: string; readonly name: string; readonly goal: number }[],
): readonly Ratio[] {
  const rows = table.split("\n").filter((line) => line.startsWith("|"));
  const cells = (line: string): readonly string[] => line.split("|").map((cell) => cell.trim());
  const column = cells(rows[0] ?? "").indexOf("CPU ms/profile");
  const value = (name: string): number | undefined => {
    const line = rows.find((row) => cells(row)[1] === name);
    if (line === undefined) return undefined;
    const text = cells(line)[column] ?? "";
    return Number(/\*\*(.*?)\*\*/.exec(text)?.[1] ?? text);
  };
  return wanted.flatMap(({ row, name, goal }) => {
    const [ours, yardstick] = [value(`flameline ${row}`), value(`standin ${row}`)];
    return ours === undefined || yardstick === undefined ? [] : [{ name, ours, yardstick, unit: "ms", goal }];
  });
}
