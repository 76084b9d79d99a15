import { execFile } from "node:child_process";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { systemMessage } from "../http/errno.ts";
import type { GitSshKey } from "./git-auth-blocks.ts";

const run = promisify(execFile);
const deniedPattern = /^\S+: Permission denied /;

/** How long unlocking a key may take, in milliseconds. */
const keygenTimeoutMs = 10_000;

/** Prints the passphrase, which only `ssh` asks for: it may log in with keys only. */
const askpassProgram = '#!/bin/sh\nprintf "%s\\n" "$FLAMELINE_GIT_PASSPHRASE"\n';

/** Runs `work` with the variables that let `git` use the key. The key is a file in `folder` meanwhile, which nobody else can read. */
export async function withSshKey<T>(
  ssh: GitSshKey,
  folder: string,
  work: (environment: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  try {
    const [key, askpass] = [join(folder, "key"), join(folder, "askpass")];
    // A copy also of a file: `ssh` refuses one that others can read, as files of mounted secrets are.
    await writeFile(key, await privateKey(ssh), { mode: 0o600 });
    await writeFile(askpass, askpassProgram, { mode: 0o700 });
    // The passphrase must not be offered to the server as a password.
    const own = ["-i", quoted(literal(key)), "-l", quoted(ssh.username), "-o IdentitiesOnly=yes", "-o PreferredAuthentications=publickey"];
    const asking = { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: "force", FLAMELINE_GIT_PASSPHRASE: ssh.passphrase.reveal() };
    try {
      return await work({ GIT_SSH_COMMAND: sshCommand(own), ...asking });
    } catch (error) {
      const reason = error instanceof Error && deniedPattern.test(error.message) ? await keyProblem(key, asking) : undefined;
      throw reason === undefined ? error : new Error(reason, { cause: error });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The variables for `git` without a key of ours: `ssh` uses the keys in its usual files, and asks nobody. */
export function plainSsh(): Readonly<Record<string, string>> {
  return { GIT_SSH_COMMAND: sshCommand(["-o BatchMode=yes"]) };
}

/** Why a key cannot be unlocked, which `ssh` does not say: it goes on to the server without it. Undefined when it can. */
async function keyProblem(key: string, environment: Readonly<Record<string, string>>): Promise<string | undefined> {
  try {
    await run("ssh-keygen", ["-y", "-f", key], {
      env: { PATH: process.env["PATH"], LC_ALL: "C", ...environment },
      timeout: keygenTimeoutMs,
    });
    return undefined;
  } catch (error) {
    return error instanceof Error && "stderr" in error ? sshComplaint(String(error.stderr)) : undefined;
  }
}

async function privateKey({ key, key_file: file }: GitSshKey): Promise<string> {
  const text = file === "" ? key.reveal() : await readKey(file);
  return text.endsWith("\n") ? text : `${text}\n`;
}

async function readKey(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new Error(`failed to read key_file: open ${file}: ${systemMessage(error)}`, { cause: error });
  }
}

function sshCommand(options: readonly string[]): string {
  const files = knownHostsFiles().map((file) => `"${literal(file)}"`);
  const hosts = [
    "-o StrictHostKeyChecking=yes",
    "-o GlobalKnownHostsFile=/dev/null",
    "-o",
    quoted(`UserKnownHostsFile=${files.join(" ")}`),
  ];
  return ["ssh", "-F /dev/null", ...options, ...hosts].join(" ");
}

/** Where the keys of known hosts stand: in the files of `SSH_KNOWN_HOSTS`, or where they are by default. */
function knownHostsFiles(): readonly string[] {
  const named = (process.env["SSH_KNOWN_HOSTS"] ?? "").split(delimiter).filter((file) => file !== "");
  return named.length > 0 ? named : [join(homedir(), ".ssh/known_hosts"), "/etc/ssh/ssh_known_hosts"];
}

/** What `ssh` complains of, in the order in which it counts; `git` itself only says that it could not read. */
const complaints: readonly (readonly [pattern: RegExp, say: (found: RegExpExecArray) => string])[] = [
  [
    /^No \S+ host key is known for (\S+)/m,
    ([, host]) => `the host key of ${host} is not known: add it to ~/.ssh/known_hosts, or to a file that SSH_KNOWN_HOSTS names`,
  ],
  [/^Host key for (\S+) has changed/m, ([, host]) => `the host key of ${host} is not the one in the file of known hosts`],
  [/^Load key .*": (.+?)\r?$/m, ([, reason]) => `the private key cannot be used: ${reason}`],
  [/^(\S+: Permission denied .*?)\r?$/m, ([, line]) => String(line)],
  [/^(ssh: .*?)\r?$/m, ([, line]) => String(line)],
  [/cannot run ssh: No such file/, () => "ssh is not installed"],
];

/** Why `ssh` failed, of what a run of `git` has printed; undefined when it did not. */
export function sshComplaint(printed: string): string | undefined {
  for (const [pattern, say] of complaints) {
    const found = pattern.exec(printed);
    if (found !== null) return say(found);
  }
  return undefined;
}

/** A path in which `ssh` sees no placeholders. */
function literal(path: string): string {
  return path.replaceAll("%", "%%");
}

/** For the shell that git gives the command to. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
