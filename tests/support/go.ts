import type { ChildProcess } from "node:child_process";
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);
const cache = join(import.meta.dirname, "../../.cache/go");

/** `go tool pprof -raw` of a profile: the independent reader of every pprof that we write. Throws when it does not accept it. */
export async function pprofRaw(profile: Uint8Array): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "pprof-"));
  try {
    const file = join(folder, "profile");
    writeFileSync(file, profile);
    const { stdout } = await run("go", ["tool", "pprof", "-raw", file], { maxBuffer: 256 << 20 });
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A built and started Go program that prints its port on its first line. */
export class GoProgram implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
  }

  static async start(folder: string): Promise<GoProgram> {
    mkdirSync(cache, { recursive: true });
    const binary = join(cache, "go-program");
    await run("go", ["build", "-o", binary, join(folder, "main.go")]);
    const child = spawn(binary, { stdio: ["ignore", "pipe", "inherit"] });
    for await (const line of createInterface(child.stdout)) return new GoProgram(Number(line), child);
    throw new Error("the Go program ended before it was listening");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGKILL");
    await ended;
  }
}
