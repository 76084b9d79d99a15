import { readFile, readlink } from "node:fs/promises";
import { Labels } from "@flameline/profile";
import { textFromBytes } from "@flameline/syntax";
import { codeOf } from "../../http/errno.ts";
import { containerIdOf } from "./container-id.ts";

/** What to find out about each process. */
export interface ProcessQuestions {
  readonly exe: boolean;
  readonly cwd: boolean;
  readonly commandline: boolean;
  readonly container_id: boolean;
  readonly username: boolean;
  readonly uid: boolean;
  readonly cgroup_path: boolean;
}

/** Names of users by their number. */
export type UserNames = ReadonlyMap<string, string>;

/**
 * The labels of a process, by its directory in `/proc`. Undefined for one that has ended, and for a thread of the kernel while its program is asked for.
 * Throws the system's error when it may not be read.
 */
export async function readProcess(
  directory: string,
  pid: string,
  questions: ProcessQuestions,
  users: UserNames,
): Promise<Labels | undefined> {
  try {
    const exe = questions.exe ? await linkText(`${directory}/exe`) : "";
    const cwd = questions.cwd ? await linkText(`${directory}/cwd`) : "";
    const commandline = questions.commandline ? await readCommandLine(directory) : "";
    const uid = questions.uid || questions.username ? await readUid(directory) : "";
    const cgroup = questions.container_id || questions.cgroup_path ? await readLines(`${directory}/cgroup`) : [];
    return Labels.of([
      ["__process_pid__", pid],
      ["__meta_process_exe", exe],
      ["__meta_process_cwd", cwd],
      ["__meta_process_commandline", commandline],
      ["__meta_process_uid", questions.uid ? uid : ""],
      ["__meta_process_username", questions.username ? (users.get(uid) ?? "") : ""],
      ["__container_id__", questions.container_id ? containerIdOf(cgroup) : ""],
      ["__meta_process_cgroup_path", questions.cgroup_path ? cgroup.join("|") : ""],
    ]);
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ESRCH") return undefined;
    throw error;
  }
}

async function linkText(path: string): Promise<string> {
  return textFromBytes(await readlink(path, "buffer"));
}

/** The arguments that are not empty, with a blank between them. */
async function readCommandLine(directory: string): Promise<string> {
  const text = textFromBytes(await readFile(`${directory}/cmdline`));
  return text
    .split("\0")
    .filter((argument) => argument !== "")
    .join(" ");
}

/** The number of the user who started the process; empty when it cannot be told. */
async function readUid(directory: string): Promise<string> {
  const status = await readFile(`${directory}/status`, "latin1").catch(() => "");
  return /^Uid:\s*(\d+)/m.exec(status)?.[1] ?? "";
}

async function readLines(path: string): Promise<readonly string[]> {
  const text = textFromBytes(await readFile(path));
  return text.split("\n").filter((line) => line !== "");
}
