import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../../tests/support/flameline.ts";
import { version } from "./identity/version.ts";

const launcher = join(import.meta.dirname, "../bin/flameline.js");

/** Engines by their major version: the one that runs this test and whatever else is on the path. */
const engines = new Map<number, string>([[majorOf(process.version), process.execPath]]);
for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
  const file = join(folder, "node");
  const { stdout, status } = spawnSync(file, ["--version"], { encoding: "utf8" });
  if (status === 0 && !engines.has(majorOf(stdout))) engines.set(majorOf(stdout), file);
}
const oldEngine = [...engines].find(([major]) => major < 24)?.[1] ?? "";

function majorOf(text: string): number {
  return Number.parseInt(text.replace("v", ""), 10);
}

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "launcher-"));
  writeFileSync(join(folder, "config.alloy"), "");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([...engines])("the launcher under Node.js %d", (_, engine) => {
  it("runs the program and passes on arguments, input, output and exit code", () => {
    expect(execFileSync(engine, [launcher, "--version"], { encoding: "utf8" })).toContain(`flameline, version ${version} `);
    const formatted = spawnSync(engine, [launcher, "fmt", "-"], { input: "a=1\n", encoding: "utf8" });
    expect(formatted).toMatchObject({ status: 0, stdout: "a = 1\n", stderr: "" });
    const refused = spawnSync(engine, [launcher, "fmt", "--nope"], { encoding: "utf8" });
    expect(refused).toMatchObject({ status: 1, stdout: "", stderr: "Error: unknown flag: --nope\n" });
  });

  it.each<[NodeJS.Signals, number | null, NodeJS.Signals | null]>([
    ["SIGTERM", 0, null],
    ["SIGINT", 0, null],
    ["SIGQUIT", null, "SIGQUIT"],
  ])("passes on %s and the end that follows", async (signal, code, ending) => {
    const child = await startCollector(engine);
    const ended = new Promise((resolve) => child.once("exit", (...end) => resolve(end)));
    child.kill(signal);
    expect(await ended).toEqual([code, ending]);
  });

  it("leaves nothing running when it is killed", async () => {
    const port = await freePort();
    const child = await startCollector(engine, port);
    child.kill("SIGKILL");
    await expect.poll(() => statusOf(`http://127.0.0.1:${port}/-/ready`)).toBe(0);
  });
});

async function startCollector(engine: string, given?: number): Promise<ChildProcess> {
  const port = given ?? (await freePort());
  const flags = [`--server.http.listen-addr=127.0.0.1:${port}`, `--storage.path=${join(folder, "data")}`];
  const child = spawn(engine, [launcher, "run", ...flags, join(folder, "config.alloy")], { stdio: "ignore" });
  while ((await statusOf(`http://127.0.0.1:${port}/-/ready`)) !== 200) expect(child.exitCode).toBeNull();
  return child;
}

async function statusOf(url: string): Promise<number> {
  try {
    return (await fetch(url)).status;
  } catch {
    return 0;
  }
}

describe("the launcher under an engine that is too old", () => {
  /** A launcher that needs a version which does not exist yet, and a script in the place of that engine. */
  function futureLauncher(): string {
    const home = mkdtempSync(join(folder, "future-"));
    const engineHome = join(home, "node_modules/node");
    mkdirSync(join(engineHome, "bin"), { recursive: true });
    writeFileSync(join(engineHome, "package.json"), JSON.stringify({ name: "node", version: "99.1.0" }));
    writeFileSync(join(engineHome, "bin/node"), '#!/bin/sh\necho "$$ $*"\nexit 7\n', { mode: 0o755 });
    const file = join(home, "flameline.mjs");
    writeFileSync(file, readFileSync(launcher, "utf8").replace("neededMajor = 24", "neededMajor = 99"));
    return file;
  }

  it.each([...engines])("starts the checkout's own engine from Node.js %d", (_, engine) => {
    const file = futureLauncher();
    const { pid, stdout, status, stderr } = spawnSync(engine, [file, "run", "a b"], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 7, stderr: "" });
    const [, child, args] = /^(\d+) (.*)\n$/.exec(stdout) ?? [];
    expect(args).toBe(`${file} run a b`);
    // From Node.js 22.15 on a process can replace itself.
    if (engine === process.execPath) expect(Number(child)).toBe(pid);
  });
});

describe.skipIf(oldEngine === "")("the launcher without a new enough engine", () => {
  it("says in one line what is missing", () => {
    const alone = join(folder, "flameline.mjs");
    copyFileSync(launcher, alone);
    const { status, stdout, stderr } = spawnSync(oldEngine, [alone, "--version"], { encoding: "utf8" });
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toMatch(/^flameline needs Node\.js 24 or newer and this is v\d+\.\d+\.\d+: .*\n$/);
  });
});
