import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { findPart } from "./real-parts.ts";

export type EngineName = "dockerd" | "podman";

/** An engine that makes containers needs the rights to make namespaces. */
export function engineRuns(name: EngineName): boolean {
  return findPart(name) !== undefined && findPart("dockerd") !== undefined && process.getuid?.() === 0;
}

/** A real container engine with its own storage and network namespace; its image `local` holds the programs of this machine. */
export class ContainerEngine implements AsyncDisposable {
  readonly socket: string;
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(folder: string, child: ChildProcess) {
    this.#folder = folder;
    this.#child = child;
    this.socket = join(folder, "engine.sock");
  }

  static async start(name: EngineName): Promise<ContainerEngine> {
    // Short, because the path of a socket has a limit.
    const folder = mkdtempSync(join(tmpdir(), "eng-"));
    // In a namespace of its own it leaves no bridges and no firewall rules behind.
    const command = `ip link set lo up; exec ${name === "dockerd" ? dockerd(folder) : podman(folder)}`;
    const child = spawn("unshare", ["-n", "sh", "-c", command], {
      env: { ...process.env, CONTAINERS_CONF: join(folder, "containers.conf"), PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
      stdio: ["ignore", "ignore", "ignore"],
    });
    const engine = new ContainerEngine(folder, child);
    await engine.#listening();
    const image = execFileSync("tar", ["c", "-C", rootFolder(folder), "."]);
    await engine.call("POST", "/images/create?fromSrc=-&repo=local&tag=latest", image, "application/x-tar");
    return engine;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The answer's JSON, or its text when it is none. Throws with the engine's message for an error. */
  async call(method: string, path: string, body?: Buffer | object, type = "application/json"): Promise<unknown> {
    const content = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const { status, answer } = await new Promise<{ status: number; answer: string }>((resolve, reject) => {
      const sent = request({ socketPath: this.socket, method, path, headers: { "content-type": type } }, (response) => {
        text(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer }), reject);
      });
      sent.on("error", reject);
      sent.end(content);
    });
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${answer}`);
    // An import tells about its progress in one object a line.
    return /^[[{]/.test(answer) && !/\}\r?\n\{/.test(answer) ? JSON.parse(answer) : answer;
  }

  /** Starts a container that sleeps; the id. */
  async run(name: string, options: Readonly<Record<string, unknown>> & { readonly HostConfig?: object } = {}): Promise<string> {
    const HostConfig = { Binds: ["/usr:/usr:ro"], ...options.HostConfig };
    const created = await this.call("POST", `/containers/create?name=${name}`, {
      Image: "local",
      Cmd: ["/usr/bin/sleep", "300"],
      ...options,
      HostConfig,
    });
    const { Id: id } = created as { readonly Id: string };
    await this.call("POST", `/containers/${id}/start`);
    return id;
  }

  async remove(id: string): Promise<void> {
    await this.call("DELETE", `/containers/${id}?force=true`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Ending an engine waits for its containers, which do not obey as the first process of their namespace.
    await this.call("POST", "/swarm/leave?force=true").catch(() => undefined);
    const left = await this.call("GET", "/containers/json").catch(() => []);
    for (const { Id: id } of Array.isArray(left) ? (left as readonly { readonly Id: string }[]) : [])
      await this.remove(id).catch(() => undefined);
    await this.#end();
    unmountBelow(this.#folder);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGTERM");
    const late = setTimeout(() => this.#child.kill("SIGKILL"), 8000);
    await ended;
    clearTimeout(late);
  }

  async #listening(): Promise<void> {
    for (let waited = 0; waited < 30_000 && this.#child.exitCode === null; waited += 50) {
      if (
        existsSync(this.socket) &&
        (await this.call("GET", "/_ping").then(
          () => true,
          () => false,
        ))
      )
        return;
      await sleep(50);
    }
    throw new Error("the container engine did not start");
  }
}

function dockerd(folder: string): string {
  writeFileSync(join(folder, "daemon.json"), "{}");
  const at = (name: string): string => join(folder, name);
  return (
    `dockerd --config-file=${at("daemon.json")} -H unix://${at("engine.sock")} --data-root ${at("data")} --exec-root ${at("exec")} ` +
    `-p ${at("pid")} --exec-opt native.cgroupdriver=cgroupfs`
  );
}

function podman(folder: string): string {
  const limits = '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n';
  writeFileSync(
    join(folder, "containers.conf"),
    `${limits}[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n`,
  );
  const at = (name: string): string => join(folder, name);
  return `podman --root ${at("root")} --runroot ${at("run")} --tmpdir ${at("tmp")} system service --time=0 unix://${at("engine.sock")}`;
}

/** A root without files: its programs are those of this machine, which a container mounts. */
function rootFolder(folder: string): string {
  const root = join(folder, "image");
  mkdirSync(join(root, "usr"), { recursive: true });
  for (const name of ["bin", "lib", "lib64", "sbin"]) symlinkSync(`usr/${name}`, join(root, name));
  return root;
}

/** What an engine that was killed has left mounted. */
function unmountBelow(folder: string): void {
  const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
  const points = mounts.flatMap((line) => line.split(" ")[1] ?? []).filter((point) => point.startsWith(`${folder}/`));
  for (const point of points.reverse()) execFileSync("umount", ["-l", point]);
}
