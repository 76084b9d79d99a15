import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findPart } from "./real-parts.ts";
import { freePort } from "./flameline.ts";

/** A real DNS server on loopback, with the records of a dnsmasq configuration; it knows no other names. */
export class DnsServer implements AsyncDisposable {
  /** With its port. */
  readonly address: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(address: string, child: ChildProcess, folder: string) {
    this.address = address;
    this.#child = child;
    this.#folder = folder;
  }

  /** `place` is an address of loopback and the port 53 for programs that know no other; a free port by default. */
  static async start(lines: readonly string[], place?: { readonly host: string; readonly port: number }): Promise<DnsServer> {
    const folder = mkdtempSync(join(tmpdir(), "dns-"));
    const { host, port } = place ?? { host: "127.0.0.1", port: await freePort() };
    const fixed = [
      "no-resolv",
      "no-hosts",
      "bind-interfaces",
      "local=//",
      "local=/test/",
      `listen-address=${host}`,
      `port=${port}`,
      "user=",
      "group=",
      "pid-file=",
    ];
    const file = join(folder, "dnsmasq.conf");
    writeFileSync(file, `${[...fixed, ...lines].join("\n")}\n`);
    const child = spawn(findPart("dnsmasq") ?? "dnsmasq", ["--keep-in-foreground", `--conf-file=${file}`, "--log-facility=-"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const server = new DnsServer(`${host}:${port}`, child, folder);
    await started(child);
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) {
      const ended = new Promise((resolve) => this.#child.once("exit", resolve));
      this.#child.kill("SIGKILL");
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function started(child: ChildProcess): Promise<void> {
  let log = "";
  child.stderr?.on("data", (chunk: Buffer) => (log += chunk.toString()));
  for (let waited = 0; waited < 10_000 && child.exitCode === null; waited += 20) {
    if (log.includes("started")) return;
    await sleep(20);
  }
  throw new Error(`dnsmasq did not start:\n${log}`);
}

/** A server that answers each query by `answer`, or not at all: for answers that no real server gives. */
export async function listenUdp(answer: (query: Buffer) => Buffer | undefined): Promise<AsyncDisposable & { readonly address: string }> {
  const socket = createSocket("udp4");
  socket.on("message", (query, { port, address }) => {
    const reply = answer(query);
    if (reply !== undefined) socket.send(reply, port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
