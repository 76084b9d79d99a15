import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./flameline.ts";
import { findPart } from "./real-parts.ts";

/** A real nginx on a loopback port that serves the files of a folder. */
export interface Nginx extends AsyncDisposable {
  readonly port: number;
  /** Where its files are. */
  readonly folder: string;
}

/** `server` are lines of its `server` block; it has one user, `user` with the password `password`, in the file `users`. */
export async function startNginx(server: readonly string[], listenOptions = ""): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), "nginx-"));
  const port = await freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`);
  const lines = [`listen 127.0.0.1:${port} ${listenOptions};`, `root ${folder};`, ...server];
  writeFileSync(join(folder, "users"), "user:{PLAIN}password\n");
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off;\n${process.getuid?.() === 0 ? "user root;" : ""}\npid ${folder}/pid;\nerror_log ${folder}/error.log;\nevents {}\nhttp {\n` +
      `access_log off;\n${temporary.join("\n")}\ntypes { application/json json; }\nserver {\n${lines.join("\n")}\n}\n}\n`,
  );
  const child = spawn(findPart("nginx") ?? "nginx", ["-c", join(folder, "nginx.conf"), "-p", folder, "-e", join(folder, "error.log")], {
    stdio: "ignore",
  });
  for (let waited = 0; waited < 10_000 && child.exitCode === null && !(await listens(port)); waited += 50) await sleep(50);
  return {
    port,
    folder,
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      // Its worker processes end with it when it is asked to.
      if (child.exitCode === null && child.kill("SIGTERM")) await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const settle = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.on("connect", () => settle(true));
    socket.on("error", () => settle(false));
  });
}
