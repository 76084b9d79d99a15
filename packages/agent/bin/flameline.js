#!/usr/bin/env node
// Starts the program in a Node.js that is new enough for it: the built package when there is one, the sources otherwise.
// Plain JavaScript for old engines: under them nothing else of the program could even be parsed.
import { existsSync, readFileSync } from "node:fs";
import nodeModule, { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const neededMajor = 24;
const majorOf = (version) => Number.parseInt(version, 10);

if (majorOf(process.versions.node) >= neededMajor) await start();
else await startInOwnNode();

async function start() {
  await endWithLauncher();
  const built = new URL("../dist/main.js", import.meta.url);
  if (existsSync(built)) {
    await import(built.href);
    return;
  }
  const cache = new URL("../../../.cache/compile", import.meta.url);
  nodeModule.enableCompileCache(process.env.NODE_COMPILE_CACHE ?? fileURLToPath(cache));
  await import("../src/main.ts");
}

/** Ends this process as by SIGTERM when the launcher that it runs under is gone: nobody would know of it any more. */
async function endWithLauncher() {
  const descriptor = Number(process.env.FLAMELINE_LAUNCHER_FD);
  if (!(descriptor > 2)) return;
  delete process.env.FLAMELINE_LAUNCHER_FD;
  const { Socket } = await import("node:net");
  const pipe = new Socket({ fd: descriptor, readable: true, writable: false });
  for (const event of ["end", "error"]) pipe.once(event, () => process.kill(process.pid, "SIGTERM"));
  pipe.resume().unref();
}

async function startInOwnNode() {
  const executable = findOwnNode();
  if (executable === undefined) {
    process.stderr.write(
      `flameline needs Node.js ${neededMajor} or newer and this is ${process.version}: run "npm ci" in the checkout, which brings one, or install a newer Node.js\n`,
    );
    process.exit(1);
  }
  const args = [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  process.execve?.(executable, [executable, ...args], process.env);
  await runChild(executable, args);
}

/** The Node.js that is a dependency of the checkout, undefined when it is not installed or too old itself. */
function findOwnNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve("node/package.json");
    const executable = join(dirname(manifest), "bin", process.platform === "win32" ? "node.exe" : "node");
    const { version } = JSON.parse(readFileSync(manifest, "utf8"));
    return majorOf(version) >= neededMajor && existsSync(executable) ? executable : undefined;
  } catch {
    return undefined;
  }
}

/** For engines that cannot replace their process: a child that gets every signal and whose end is ours. */
async function runChild(executable, args) {
  const { spawn } = await import("node:child_process");
  // The child's end of the pipe closes when this process is gone, however it ended.
  const env = { ...process.env, FLAMELINE_LAUNCHER_FD: "3" };
  const child = spawn(executable, args, { stdio: ["inherit", "inherit", "inherit", "pipe"], env });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`flameline cannot start ${executable}: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
