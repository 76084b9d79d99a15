import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "./flameline.ts";
import { findPart } from "./real-parts.ts";
import { RealProcess, ScratchFolder } from "./real-process.ts";

/** nginx with one server, whose directives are given; `listen` is added, with these words behind the port. `http` is put beside the server. */
export class Nginx implements AsyncDisposable {
  readonly port: number;
  readonly #process: RealProcess;
  readonly #folder: ScratchFolder;

  private constructor(port: number, started: RealProcess, folder: ScratchFolder) {
    this.port = port;
    this.#process = started;
    this.#folder = folder;
  }

  static async start(listen: string, server: string, http = ""): Promise<Nginx> {
    const folder = new ScratchFolder();
    const port = await freePort();
    const file = join(folder.path, "nginx.conf");
    mkdirSync(join(folder.path, "temp"));
    writeFileSync(file, configuration(folder.path, `listen 127.0.0.1:${port} ${listen};\n${server}`, http));
    const command = findPart("nginx") ?? "nginx";
    return new Nginx(port, await RealProcess.start(command, ["-p", folder.path, "-e", "stderr", "-c", file], { port }), folder);
  }

  /** The error log. */
  get log(): string {
    return this.#process.output;
  }

  /** Reads its files again, as a service manager makes it. */
  reload(): void {
    this.#process.signal("SIGHUP");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}

const tempPaths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

function configuration(folder: string, server: string, http: string): string {
  const user = process.getuid?.() === 0 ? "user root;" : "";
  return `
    daemon off;
    ${user}
    worker_processes 1;
    pid ${folder}/nginx.pid;
    error_log stderr info;
    events { worker_connections 64; }
    http {
      access_log off;
      client_max_body_size 64m;
      ${tempPaths.map((name) => `${name}_temp_path ${folder}/temp/${name};`).join("\n")}
      ${http}
      server {
        ${server}
      }
    }`;
}
