import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./flameline.ts";
import { findPart } from "./real-parts.ts";

interface TargetsAnswer {
  readonly data: {
    readonly activeTargets: readonly { readonly discoveredLabels: Readonly<Record<string, string>> }[];
    readonly droppedTargets: readonly { readonly discoveredLabels: Readonly<Record<string, string>> }[];
  };
}

/** Labels that Prometheus adds for its scrapes. */
const scrapeLabels = new Set(["job", "__metrics_path__", "__scheme__", "__scrape_interval__", "__scrape_timeout__"]);

/**
 * What a real Prometheus discovers with this piece of a scrape configuration (`docker_sd_configs: …`), once it is `count` targets. Of targets whose
 * labels without `__meta_*` are the same it shows one. `resolvConf` is a file to look names up by, for which it takes root.
 */
export async function discoverWithPrometheus(
  discovery: string,
  count: number,
  { resolvConf }: { readonly resolvConf?: string } = {},
): Promise<readonly Readonly<Record<string, string>>[]> {
  const folder = mkdtempSync(join(tmpdir(), "prometheus-"));
  const port = await freePort();
  writeFileSync(
    join(folder, "config.yml"),
    `scrape_configs:\n- job_name: oracle\n  scrape_interval: 1h\n  ${discovery.trim().replaceAll("\n", "\n  ")}\n`,
  );
  const flags = [`--config.file=${join(folder, "config.yml")}`, `--storage.tsdb.path=${folder}`, `--web.listen-address=127.0.0.1:${port}`];
  const command = [findPart("prometheus") ?? "prometheus", ...flags];
  // Another /etc/resolv.conf for this process alone.
  const mounted = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"', resolvConf ?? "", ...command];
  const [program = "", ...words] = resolvConf === undefined ? command : mounted;
  const child = spawn(program, words, { stdio: "ignore" });
  try {
    for (let waited = 0; waited < 30_000 && child.exitCode === null; waited += 200) {
      const found = await targetsOf(port);
      if (found.length >= count) return found;
      await sleep(200);
    }
    throw new Error("Prometheus did not find what it should find");
  } finally {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.kill("SIGKILL")) await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

async function targetsOf(port: number): Promise<readonly Readonly<Record<string, string>>[]> {
  try {
    const { data } = (await (await fetch(`http://127.0.0.1:${port}/api/v1/targets`)).json()) as TargetsAnswer;
    return [...data.activeTargets, ...data.droppedTargets].map(({ discoveredLabels }) =>
      Object.fromEntries(Object.entries(discoveredLabels).filter(([name]) => !scrapeLabels.has(name))),
    );
  } catch {
    return [];
  }
}
