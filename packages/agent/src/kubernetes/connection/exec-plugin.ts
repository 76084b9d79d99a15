import { execFile } from "node:child_process";
import { isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { JsonRecord } from "../../discovery/json-record.ts";
import type { Authorizer } from "../../http/client/authorization.ts";
import { systemMessage } from "../../http/errno.ts";

const run = promisify(execFile);

/** How long the program may take. */
const execTimeoutMs = 60_000;

/** A token is fetched anew when it is valid for less than this. */
const renewBeforeMs = 60_000;

/** How long a token without end is used. */
const tokenLifeMs = 10 * 60_000;

/**
 * Credentials of a program that is named in a kubeconfig (`exec`), as the command line tools of clouds are: it prints an `ExecCredential` with a token. The
 * token is kept until shortly before it ends.
 */
export function execAuthorizer(exec: JsonRecord, folder: string): Authorizer {
  const plugin = new ExecPlugin(exec, folder);
  return () => plugin.authorization();
}

class ExecPlugin {
  readonly #exec: JsonRecord;
  readonly #command: string;
  #token: { readonly value: string; readonly validUntil: number } | undefined;
  #running: Promise<string> | undefined;

  constructor(exec: JsonRecord, folder: string) {
    this.#exec = exec;
    const command = exec.text("command");
    if (command === "") throw new Error("exec has no command");
    // A name without a slash is looked for in PATH.
    this.#command = command.includes("/") && !isAbsolute(command) ? join(folder, command) : command;
  }

  async authorization(): Promise<string> {
    if (this.#token !== undefined && Date.now() < this.#token.validUntil) return `Bearer ${this.#token.value}`;
    this.#running ??= this.#fetch().finally(() => (this.#running = undefined));
    return `Bearer ${await this.#running}`;
  }

  async #fetch(): Promise<string> {
    const status = JsonRecord.of(JSON.parse(await this.#output())).record("status");
    const value = status.text("token");
    if (value === "") throw new Error(`${this.#command} gave no token: client certificates of exec plugins are not supported`);
    const expiry = Date.parse(status.text("expirationTimestamp"));
    const validUntil = Number.isNaN(expiry) ? Date.now() + tokenLifeMs : expiry - renewBeforeMs;
    this.#token = { value, validUntil };
    return value;
  }

  async #output(): Promise<string> {
    const apiVersion = this.#exec.text("apiVersion") || "client.authentication.k8s.io/v1";
    const info = { apiVersion, kind: "ExecCredential", spec: { interactive: false } };
    const own = Object.fromEntries(this.#exec.records("env").map((one) => [one.text("name"), one.text("value")]));
    const env = { ...process.env, ...own, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
    try {
      const { stdout } = await run(this.#command, this.#exec.texts("args"), { env, timeout: execTimeoutMs });
      return stdout;
    } catch (error) {
      const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
      // Not the error's message: it holds the arguments, which may be secret.
      throw new Error(`getting credentials: ${this.#command}: ${said === "" ? outcomeOf(error) : said}`, { cause: error });
    }
  }
}

function outcomeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("killed" in error && error.killed === true) return `took longer than ${execTimeoutMs / 1000} s`;
  if ("code" in error && typeof error.code === "number") return `exit status ${error.code}`;
  return systemMessage(error);
}
