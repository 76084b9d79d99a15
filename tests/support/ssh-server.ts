import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { freePort } from "./flameline.ts";
import { findPart } from "./real-parts.ts";
import { RealProcess, ScratchFolder } from "./real-process.ts";

/** The real OpenSSH server on loopback. Whoever runs the tests logs in, with one of the keys that it is told of. */
export class SshServer implements AsyncDisposable {
  readonly port: number;
  readonly user: string = userInfo().username;
  readonly #scratch: ScratchFolder;
  readonly #server: RealProcess;

  private constructor(scratch: ScratchFolder, port: number, server: RealProcess) {
    this.#scratch = scratch;
    this.port = port;
    this.#server = server;
  }

  /** `keys`: the public keys that may log in. */
  static async start(keys: readonly string[]): Promise<SshServer> {
    const scratch = new ScratchFolder();
    const port = await freePort();
    const at = (name: string): string => join(scratch.path, name);
    makeKey(at("host"));
    writeFileSync(at("authorized"), keys.join(""));
    const settings = [
      `HostKey ${at("host")}`,
      `AuthorizedKeysFile ${at("authorized")}`,
      "StrictModes no",
      "UsePAM no",
      "PidFile none",
      "PermitRootLogin yes",
      "PasswordAuthentication yes",
      "LogLevel VERBOSE",
    ];
    writeFileSync(at("config"), `${settings.join("\n")}\n`);
    // Started as root it insists on this directory.
    if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true });
    const args = ["-D", "-e", "-f", at("config"), "-o", `ListenAddress=127.0.0.1:${port}`];
    try {
      return new SshServer(scratch, port, await RealProcess.start(findPart("sshd") ?? "sshd", args, { port }));
    } catch (error) {
      scratch[Symbol.dispose]();
      throw error;
    }
  }

  /** Its line in a file of known hosts. */
  get hostLine(): string {
    return `[127.0.0.1]:${this.port} ${readFileSync(join(this.#scratch.path, "host.pub"), "utf8")}`;
  }

  /** What it has logged. */
  get log(): string {
    return this.#server.output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    rmSync(this.#scratch.path, { recursive: true, force: true });
  }
}

/** Makes a private key in a file; its public key is returned, and stands in the file with `.pub`. */
export function makeKey(file: string, passphrase = ""): string {
  const { status, stderr } = spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-f", file], { encoding: "utf8" });
  if (status !== 0) throw new Error(`ssh-keygen: ${stderr}`);
  return readFileSync(`${file}.pub`, "utf8");
}
