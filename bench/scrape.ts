/** Scraping Go programs with the default profile types, differences and all: CPU of the whole process per scrape, memory, and how late turns come. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fixturesFolder } from "../tests/support/fixtures.ts";
import { root, runCommand } from "../tools/run-command.ts";
import { DriverTable } from "./driver-table.ts";
import { buildGo, driversFolder } from "./go-tools.ts";
import type { Ratio } from "./ratio.ts";

export interface ScrapeBenchOptions {
  readonly targets: number;
  readonly repetitions: number;
  /** Measure the program with its queue on disk, too. */
  readonly queue: boolean;
}

/** The reference takes 20.4 times of what the stand-in takes for a saturated push of 20 KB; 0.8 of it is the goal. */
const goal = 0.8 * 20.4;

/** Most resident memory in megabytes by number of targets: 0.7 of the reference's, and a promise of ours. */
const rssGoals: Readonly<Record<number, number>> = { 200: 169, 2000: 1200 };

/** As long as the reference was measured. */
const seconds = 120;
/** First of the hundred that are used, apart from those of the other benchmarks. */
const port = 9250;
const corpus = join(fixturesFolder, "pprof-corpus");

export async function scrapeRatios(program: string, { targets, repetitions, queue }: ScrapeBenchOptions): Promise<readonly Ratio[]> {
  const folder = driversFolder();
  if (folder === undefined) return [];
  const driver = await buildGo("driver", folder);
  const yardstick = await standinPush(driver, await buildGo("standin", join(folder, "standin")));
  const ours = `node ${program} run {config} --server.http.listen-addr={http} --storage.path={data} --disable-reporting`;
  const sides = [`flameline=${ours} --queue.enabled=false`, ...(queue ? [`queued=${ours} --queue.enabled=true`] : [])];
  const ratios: Ratio[] = [];
  for (const side of sides) {
    const name = side.slice(0, side.indexOf("="));
    const args = ["-targets", String(targets), "-base", join(corpus, "heap.pb.gz"), "-reps", String(repetitions), "-collector", side];
    const lateness = new LatenessWatch(`http://127.0.0.1:${port + 99}/metrics`);
    const table = await drive(driver, ["scrape", "-duration", `${seconds}s`, ...args], []);
    const late = await lateness.stop();
    const value = (column: string): number | undefined => table.value(`${name} ${targets} targets`, column);
    const perScrape = value("CPU ms/scrape");
    if (perScrape === undefined) throw new Error("the drivers measured nothing");
    console.log(`${name}: ${value("CPU %")} % of a core, ${value("scrapes/s")} scrapes/s, RSS at most ${value("RSS MB max")} MB; ${late}`);
    ratios.push({
      name: `scrape ${targets} targets${name === "queued" ? ", queue on" : ""}`,
      ours: perScrape,
      yardstick,
      unit: "ms",
      goal,
      rssMb: value("RSS MB median"),
      rssGoalMb: rssGoals[targets],
    });
  }
  return ratios;
}

/** CPU milliseconds of the stand-in for a push of 20 KB at saturation. */
async function standinPush(driver: string, standin: string): Promise<number> {
  const side = `standin=taskset -c 0 ${standin} run {config} --server.http.listen-addr={http}`;
  const bodies = ["-small", join(corpus, "heap.pb.gz"), "-large", join(corpus, "heap")];
  const load = ["-rates", "0", "-duration", "6s", "-conns", "32", "-reps", "1"];
  const table = await drive(driver, ["receive", "-collector", side, ...bodies, ...load], ["taskset", "-c", "1"]);
  const spent = table.value("standin 20KB push max", "CPU ms/profile");
  if (spent === undefined) throw new Error("the drivers did not measure the stand-in");
  return spent;
}

async function drive(driver: string, scenario: readonly string[], prefix: readonly string[]): Promise<DriverTable> {
  const [command, ...args] = [...prefix, driver, "run", ...scenario, "-port", String(port)];
  const { code, output } = await runCommand(command ?? "", args, { cwd: root });
  if (code !== 0) throw new Error(`the drivers failed:\n${output}`);
  return new DriverTable(output);
}

/** Asks the program again and again for how late its turns came, since it is gone when the drivers have ended. */
class LatenessWatch {
  static readonly #everyMs = 5000;
  readonly #url: string;
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;
  #counts: ReadonlyMap<string, number> = new Map();

  constructor(url: string) {
    this.#url = url;
    this.#running = this.#watch();
  }

  async stop(): Promise<string> {
    this.#stopped.abort();
    await this.#running;
    const all = this.#counts.get("+Inf") ?? 0;
    const within = ["0.05", "0.25", "1"].map((bound) => `${all - (this.#counts.get(bound) ?? 0)} by more than ${bound} s`);
    return `of ${all} turns came late: ${within.join(", ")}`;
  }

  async #watch(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      await sleep(LatenessWatch.#everyMs, undefined, { signal: this.#stopped.signal }).catch(() => {});
      const text = await fetch(this.#url).then(
        (answer) => answer.text(),
        () => "",
      );
      const lines = [...text.matchAll(/^pyroscope_scrape_delay_seconds_bucket\{.*le="(.*?)".*\} (\d+)$/gm)];
      if (lines.length > 0) this.#counts = new Map(lines.map(([, bound = "", count]) => [bound, Number(count)]));
    }
  }
}
