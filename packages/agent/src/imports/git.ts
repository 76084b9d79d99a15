import { execFile } from "node:child_process";
import { devNull } from "node:os";
import { promisify } from "node:util";
import { sshComplaint } from "./git-ssh.ts";

/** How long one run of `git` may take, in milliseconds. */
const gitTimeoutMs = 120_000;

/** What one run of `git` may write, in bytes. */
const gitOutputLimit = 1024 * 1024;

const run = promisify(execFile);

export interface GitOptions {
  /** Where it runs. */
  readonly directory: string;
  /** Besides those that keep it from asking and from reading settings of this machine. */
  readonly environment: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs the installed `git`, which asks nobody and reads no settings but its own.
 * @returns what it wrote.
 * @throws Error with the last line that it complained with.
 */
export async function git(args: readonly string[], { directory, environment, signal }: GitOptions): Promise<string> {
  const settings = ["core.hooksPath=/dev/null", "core.symlinks=false", "protocol.ext.allow=never", "advice.detachedHead=false"];
  try {
    const { stdout } = await run("git", [...settings.flatMap((setting) => ["-c", setting]), ...args], {
      cwd: directory,
      timeout: gitTimeoutMs,
      maxBuffer: gitOutputLimit,
      ...(signal && { signal }),
      env: {
        PATH: process.env["PATH"],
        // Not the directory that it runs in: what stands there came from outside, and `.gitconfig` there could name programs to run.
        HOME: devNull,
        LC_ALL: "C",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: devNull,
        GIT_TERMINAL_PROMPT: "0",
        SSH_ASKPASS_REQUIRE: "never",
        ...environment,
      },
    });
    return stdout.trim();
  } catch (error) {
    throw new Error(withoutPasswords(complaint(error)), { cause: error });
  }
}

function complaint(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && error.code === "ENOENT") return "git is not installed";
  if ("killed" in error && error.killed === true) return `git took longer than ${gitTimeoutMs / 1000} s`;
  const printed = "stderr" in error && typeof error.stderr === "string" ? error.stderr.trim() : "";
  const lines = printed.split("\n");
  const last = lines.findLast((line) => /^(fatal|error|remote):/.test(line)) ?? lines.at(-1) ?? "";
  return sshComplaint(printed) ?? (last || error.message);
}

/** Of URLs in what git says, some versions of it show the password. */
function withoutPasswords(text: string): string {
  return text.replaceAll(/(:\/\/[^/\s:@']*:)[^/\s@']*@/g, "$1***@");
}
