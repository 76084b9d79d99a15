/** A real program that a test starts and stops by its own process id. */
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const defaultStartLimitMs = 15_000;

export interface RealProcessOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** It is ready when this port of the host takes connections. */
  readonly port: number;
  /** How long that may take; 15 s by default. */
  readonly startLimitMs?: number;
}

export class RealProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #output = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once("close", () => resolve()));
    child.stdout?.on("data", (chunk: Buffer) => (this.#output += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (this.#output += chunk.toString()));
  }

  /** Throws with what the program printed when it ends, or is not ready in time. */
  static async start(
    command: string,
    args: readonly string[],
    { cwd, env, port, startLimitMs = defaultStartLimitMs }: RealProcessOptions,
  ): Promise<RealProcess> {
    const started = new RealProcess(spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] }));
    const limit = Date.now() + startLimitMs;
    while (!(await listening(port))) {
      if (Date.now() > limit || started.#child.exitCode !== null) {
        await started[Symbol.asyncDispose]();
        throw new Error(`${command} does not listen on port ${port}:\n${started.#output}`);
      }
      await sleep(25);
    }
    return started;
  }

  /** Standard output and standard error so far. */
  get output(): string {
    return this.#output;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGTERM");
    const late = setTimeout(() => this.signal("SIGKILL"), 3000);
    await this.#ended;
    clearTimeout(late);
  }
}

function listening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
    socket.once("connect", () => socket.end());
  });
}

/** A folder for the files of a program. */
export class ScratchFolder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "flameline-part-"));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
