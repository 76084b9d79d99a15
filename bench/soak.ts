/**
 * The push path for a long time, alone: whether memory grows, what is lost, and how fast what waited is sent. With an outage the server is away for all
 * of the given minutes, between one minute before it and the time that it takes to send what is left.
 *
 * Prints a line every minute, and at the end the slope of memory, the counts at both ends and the CPU of a profile.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fixturesFolder } from "../tests/support/fixtures.ts";
import { root, runCommand } from "../tools/run-command.ts";
import { buildGo, driversFolder } from "./go-tools.ts";

export interface SoakOptions {
  readonly minutes: number;
  /** Profiles of 20 KB per second. */
  readonly rate: number;
  readonly outage: boolean;
  readonly queue: boolean;
}

const ports = { receiver: 9600, server: 9601, control: 9602, own: 9603 };

/** Memory that settles in the beginning is no growth: the slope is taken after this share of the time. */
const settlingShare = 0.3;

const sampleMs = 5000;

/** Longest time in which what waited has to be sent, and how often that is looked at. */
const drainMs = 30 * 60_000;
const drainLookMs = 1000;

const config = `
pyroscope.receive_http "in" {
  http {
    listen_address = "127.0.0.1"
    listen_port    = ${ports.receiver}
  }
  forward_to = [pyroscope.relabel.rules.receiver]
}

pyroscope.relabel "rules" {
  forward_to = [pyroscope.write.out.receiver]

  rule {
    source_labels = ["namespace", "pod"]
    separator     = "/"
    target_label  = "instance"
  }

  rule {
    action = "labeldrop"
    regex  = "(env|tmp_.+)"
  }
}

pyroscope.write "out" {
  endpoint {
    url = "http://127.0.0.1:${ports.server}"
  }
}
`;

interface Usage {
  readonly cpuMs: number;
  readonly rssMb: number;
}

interface Sample extends Usage {
  readonly at: number;
}

interface LoadStats {
  readonly Offered: number;
  readonly Accepted: number;
  readonly Rejected: number;
  readonly Failed: number;
  readonly P99ms: number;
}

interface ServerStats {
  readonly UniqueIDs: number;
  readonly Duplicates: number;
}

export async function soak(program: string, options: SoakOptions): Promise<string> {
  const folder = driversFolder() ?? "";
  const driver = await buildGo("driver", folder);
  const work = mkdtempSync(join(tmpdir(), "soak-"));
  const children: ChildProcess[] = [];
  try {
    writeFileSync(join(work, "config.alloy"), config);
    const { server, control } = ports;
    children.push(start(driver, ["sink", "-listen", `127.0.0.1:${server}`, "-ctl", `127.0.0.1:${control}`]));
    const flags = [`--server.http.listen-addr=127.0.0.1:${ports.own}`, `--storage.path=${work}/data`, `--queue.enabled=${options.queue}`];
    const ours = start("node", [program, "run", join(work, "config.alloy"), "--disable-reporting", ...flags]);
    children.push(ours);
    await Promise.all([answers(`http://127.0.0.1:${ports.own}/-/ready`), answers(`http://127.0.0.1:${control}/stats`)]);
    return await measure(driver, ours.pid ?? 0, options);
  } finally {
    for (const child of children) child.kill("SIGKILL");
    rmSync(work, { recursive: true, force: true });
  }
}

function start(command: string, args: readonly string[]): ChildProcess {
  const path = `${join(root, "node_modules/.bin")}:${process.env["PATH"] ?? ""}`;
  return spawn(command, args, { stdio: "ignore", env: { ...process.env, PATH: path } });
}

async function answers(url: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    try {
      if ((await fetch(url)).ok) return;
    } catch (error) {
      if (tries === 100) throw error;
    }
    await sleep(100);
  }
}

async function measure(driver: string, pid: number, options: SoakOptions): Promise<string> {
  const { minutes, outage } = options;
  const load = (seconds: number): Promise<LoadStats> => runLoad(driver, options, seconds);
  await load(10);
  const samples: Sample[] = [];
  const sampler = sample(pid, samples);
  try {
    const before = usageOf(pid);
    const spans: LoadStats[] = [];
    const warmUp = await serverStats();
    if (outage) {
      spans.push(await load(60));
      await fetch(`http://127.0.0.1:${ports.control}/mode?m=down`, { method: "POST" });
    }
    spans.push(await load(minutes * 60));
    const drained = outage ? await drain(spans.reduce((sum, { Accepted }) => sum + Accepted, warmUp.UniqueIDs)) : "";
    const after = usageOf(pid);
    const stats = await serverStats();
    return report(spans, samples, { cpuMs: after.cpuMs - before.cpuMs, arrived: stats.UniqueIDs - warmUp.UniqueIDs, stats }) + drained;
  } finally {
    clearInterval(sampler);
  }
}

let prefixes = 0;

/** A connection has one request under way at a time: while the server is away, and nothing keeps what comes in, as many are needed as senders wait. */
const connections = { usual: 64, outage: 1000 };

async function runLoad(driver: string, { rate, outage }: SoakOptions, seconds: number): Promise<LoadStats> {
  const body = join(fixturesFolder, "pprof-corpus/heap.pb.gz");
  const conns = String(outage ? connections.outage : connections.usual);
  const ids = ["-prefix", `${(prefixes += 1)}-`];
  const args = ["-profiles", body, "-size", "20000", "-rate", String(rate), "-conns", conns, "-duration", `${seconds}s`, ...ids];
  const { code, output } = await runCommand(driver, ["load", "-addr", `127.0.0.1:${ports.receiver}`, ...args]);
  if (code !== 0) throw new Error(`the load failed:\n${output}`);
  return JSON.parse(output) as LoadStats;
}

async function serverStats(): Promise<ServerStats> {
  return (await (await fetch(`http://127.0.0.1:${ports.control}/stats`)).json()) as ServerStats;
}

/** Brings the server back and waits until it has `expected` profiles. */
async function drain(expected: number): Promise<string> {
  const before = (await serverStats()).UniqueIDs;
  await fetch(`http://127.0.0.1:${ports.control}/mode?m=up`, { method: "POST" });
  const began = performance.now();
  let arrived = before;
  while (arrived < expected && performance.now() - began < drainMs) {
    await sleep(drainLookMs);
    arrived = (await serverStats()).UniqueIDs;
  }
  const seconds = (performance.now() - began) / 1000;
  return `\ndrained ${arrived - before} profiles in ${seconds.toFixed(0)} s, ${((arrived - before) / seconds).toFixed(0)}/s`;
}

function sample(pid: number, samples: Sample[]): NodeJS.Timeout {
  const began = performance.now();
  return setInterval(() => {
    const at = (performance.now() - began) / 60_000;
    const usage = usageOf(pid);
    samples.push({ at, ...usage });
    if (samples.length % (60_000 / sampleMs) === 0) console.log(`${at.toFixed(0)} min: ${usage.rssMb.toFixed(0)} MB`);
  }, sampleMs);
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html; a tick is 10 ms on every Linux that Node runs on. */
function usageOf(pid: number): Usage {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
    .replace(/^.*\) /, "")
    .split(" ");
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * 10, rssMb: Number(rss) / 1024 };
}

function report(
  spans: readonly LoadStats[],
  samples: readonly Sample[],
  { cpuMs, arrived, stats }: { readonly cpuMs: number; readonly arrived: number; readonly stats: ServerStats },
): string {
  const sum = (of: (span: LoadStats) => number): number => spans.reduce((total, span) => total + of(span), 0);
  const settled = samples.slice(Math.floor(samples.length * settlingShare));
  const memory = samples.map(({ rssMb }) => rssMb);
  const accepted = sum(({ Accepted }) => Accepted);
  return [
    `offered ${sum(({ Offered }) => Offered)}, accepted ${accepted}, refused ${sum(({ Rejected, Failed }) => Rejected + Failed)}`,
    `arrived ${arrived}, missing ${Math.max(0, accepted - arrived)}, duplicates ${stats.Duplicates}`,
    `memory ${memory[0]?.toFixed(0)} MB at first, ${Math.max(...memory).toFixed(0)} MB at most, slope ${slope(settled).toFixed(3)} MB a minute`,
    `CPU ${(cpuMs / Math.max(1, accepted)).toFixed(3)} ms a profile, p99 ${Math.max(...spans.map(({ P99ms }) => P99ms)).toFixed(1)} ms`,
  ].join("\n");
}

/** Megabytes a minute, by least squares. */
function slope(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number): number => samples.reduce((sum, one) => sum + of(one), 0) / samples.length;
  const [at, rss] = [mean((one) => one.at), mean((one) => one.rssMb)];
  const covariance = mean((one) => (one.at - at) * (one.rssMb - rss));
  const variance = mean((one) => (one.at - at) ** 2);
  return variance === 0 ? 0 : covariance / variance;
}
