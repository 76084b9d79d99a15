/** The real program as a user starts it: `packages/agent/bin/flameline.js`. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { unbalanced } from "./accounts.ts";

const bin = join(import.meta.dirname, "../../packages/agent/bin/flameline.js");

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
export function flameline(
  args: readonly string[],
  options: { readonly input?: string; readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [bin, ...args], { cwd: options.cwd, env: { ...process.env, ...options.env } });
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout: stdout(), stderr: stderr() }));
  });
}

export interface RunOptions {
  /** The configuration's text, or the path of a file or directory. */
  readonly config?: string;
  readonly path?: string;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Port of the program's own HTTP server; a free one by default. */
  readonly port?: number;
  /** Where it keeps its data; a folder of its own, removed at the end, by default. */
  readonly storage?: string;
  /** A command that runs the program in other surroundings: the program and its arguments are added to it. */
  readonly within?: readonly string[];
  /** Whether `pyroscope.write` has its disk queue. Without it a sender waits for the endpoints and hears what they say. */
  readonly queue?: boolean;
}

/** A running collector with a folder and a port of its own; `await using` stops it. It can be killed and started again where it was. */
export class Collector implements AsyncDisposable {
  readonly folder: string;
  readonly port: number;
  /** Where it keeps its data. */
  readonly storage: string;
  readonly #command: readonly string[];
  readonly #env: NodeJS.ProcessEnv;
  readonly #logs: (() => string)[] = [];
  #child: ChildProcess;
  #ended: Promise<number | null>;

  private constructor(folder: string, port: number, storage: string, command: readonly string[], env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.port = port;
    this.storage = storage;
    this.#command = command;
    this.#env = env;
    [this.#child, this.#ended] = this.#spawn();
  }

  /** Starts `flameline run` and waits until it is ready. Throws with its log when it ends instead. */
  static async start({
    config = "",
    path,
    args = [],
    env = {},
    port: wanted,
    storage,
    within = [],
    queue = true,
  }: RunOptions): Promise<Collector> {
    const folder = mkdtempSync(join(tmpdir(), "flameline-"));
    const file = path ?? join(folder, "config.alloy");
    if (path === undefined) writeFileSync(file, config);
    const port = wanted ?? (await freePort());
    const data = storage ?? join(folder, "data");
    const flags = [
      `--server.http.listen-addr=127.0.0.1:${port}`,
      `--storage.path=${data}`,
      "--stability.level=experimental",
      `--queue.enabled=${queue}`,
    ];
    const collector = new Collector(folder, port, data, [...within, process.execPath, bin, "run", ...flags, ...args, file], env);
    await collector.#untilReady();
    return collector;
  }

  /** Starts it again after it has ended, with the same arguments, folder and port. Throws as {@link start} does. */
  async restart(): Promise<void> {
    await this.#ended;
    [this.#child, this.#ended] = this.#spawn();
    await this.#untilReady();
  }

  /** `kill -9`; resolves when it is gone. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.#ended;
  }

  #spawn(): [child: ChildProcess, ended: Promise<number | null>] {
    const [program = "", ...args] = this.#command;
    const child = spawn(program, args, {
      cwd: this.folder,
      env: { ...process.env, ...this.#env },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#logs.push(collect(child.stderr));
    return [child, new Promise((resolve) => child.on("exit", resolve))];
  }

  async #untilReady(): Promise<void> {
    const exited = this.#ended.then((code) => {
      throw new Error(`flameline ended with ${code}:\n${this.log()}`);
    });
    const ready = this.until("/-/ready", ({ status }) => status === 200);
    await Promise.race([exited, ready]);
    exited.catch(() => undefined);
  }

  /** Resolves with the exit code when it has ended. */
  get ended(): Promise<number | null> {
    return this.#ended;
  }

  /** The log, with that of earlier starts. */
  log(): string {
    return this.#logs.map((text) => text()).join("");
  }

  fetch(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path}`, init);
  }

  async text(path: string): Promise<string> {
    return (await this.fetch(path)).text();
  }

  /** Asks until the answer satisfies the condition; throws after `limitMs`. */
  async until(path: string, condition: (response: Response) => boolean | Promise<boolean>, limitMs = 15_000): Promise<void> {
    const limit = Date.now() + limitMs;
    while (Date.now() < limit) {
      try {
        if (await condition(await this.fetch(path))) return;
      } catch (error) {
        // Not listening yet.
        if (!(error instanceof TypeError)) throw error;
      }
      await sleep(25);
    }
    throw new Error(`${path} did not become what was expected within ${limitMs} ms:\n${this.log()}`);
  }

  rewrite(config: string): void {
    writeFileSync(join(this.folder, "config.alloy"), config);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Throws when the program lost count of a profile. */
  async [Symbol.asyncDispose](): Promise<void> {
    // Asking a stopped process to end has no effect before it goes on.
    this.signal("SIGCONT");
    const lost = unbalanced(await this.#lastMetrics());
    this.signal("SIGTERM");
    const late = setTimeout(() => this.signal("SIGKILL"), 10_000);
    await this.#ended;
    clearTimeout(late);
    rmSync(this.folder, { recursive: true, force: true });
    if (lost !== "") throw new Error(`these accounts do not add up:\n${lost}`);
  }

  /** Empty when the program has ended, or does not show them to us. */
  async #lastMetrics(): Promise<string> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return "";
    try {
      return await (await this.fetch("/metrics", { signal: AbortSignal.timeout(3000) })).text();
    } catch {
      return "";
    }
  }
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}

/** Where ports are looked for: below those that the system gives away by itself. Test files run in processes of their own and begin at different places. */
const portRange = { first: 15_000, last: 32_000 } as const;
let nextPort = portRange.first + ((process.pid * 100) % (portRange.last - portRange.first));

/** A port of loopback at which nobody listens; never the same twice in one process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = nextPort;
    nextPort = port < portRange.last ? port + 1 : portRange.first;
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
