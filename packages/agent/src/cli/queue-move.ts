import { readdir, realpath, rm, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { endpointFile } from "../components/pyroscope.write/endpoint-file.ts";
import { systemMessage } from "../http/errno.ts";
import { findQueues } from "../queue/examine.ts";
import { moveQueue } from "../queue/move.ts";
import type { CommandResult } from "./command.ts";
import type { Terminal } from "./terminal.ts";

const usage = "move takes two folders: the queue that is moved, and the one that gets what is in it";

export interface MoveCommand {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly json: boolean;
}

/** `queue move FROM TO`. */
export async function executeMove({ from, to, json }: MoveCommand, { out }: Terminal): Promise<CommandResult> {
  if (from === undefined || to === undefined) return { error: usage };
  try {
    const problem = await problemWith(from, to);
    if (problem !== undefined) return { error: problem };
    const { error, ...result } = await moveQueue(from, to);
    const { records, units, lost, problems } = result;
    if (json) out.write(`${JSON.stringify({ ...result, error: error?.message }, undefined, 2)}\n`);
    else for (const one of problems) out.write(`${one}\n`);
    if (!json && (error === undefined || records > 0)) {
      out.write(`moved ${records} records with ${units} profiles to ${to}${lost > 0 ? `; ${lost} damaged records are lost` : ""}\n`);
    }
    if (error !== undefined) return { error: error.message };
    await removeEmpty(from);
    return { exit: lost > 0 ? 1 : 0 };
  } catch (error) {
    return { error: `cannot move ${from} to ${to}: ${systemMessage(error)}` };
  }
}

async function problemWith(from: string, to: string): Promise<string | undefined> {
  if (!(await isFolder(from))) return `there is no folder ${from}: name one that "flameline queue inspect" lists`;
  if (!(await isFolder(to))) return `there is no folder ${to}: run a collector with the endpoint once, then its folder is there`;
  if ((await findQueues(from))[0] !== from) return `${from} holds no queue: name a folder that "flameline queue inspect" lists`;
  if ((await realpath(from)) === (await realpath(to))) return `${from} and ${to} are the same folder`;
  if (resolve(to).startsWith(resolve(from) + sep)) return `${to} is in ${from}`;
  if ((await findQueues(to))[0] === to || (await isUnusedQueue(to))) return undefined;
  return `${to} is no queue: run a collector with the endpoint once, then its folder is there`;
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** A queue in which nothing is kept has no files of its own. */
async function isUnusedQueue(folder: string): Promise<boolean> {
  const names = await readdir(folder);
  return names.includes(endpointFile) || (names.length === 0 && basename(dirname(resolve(folder))) === "queue");
}

/** What somebody else put there stays, and so do damaged parts that were set aside. */
async function removeEmpty(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.some((name) => name !== endpointFile)) return;
  await rm(join(folder, endpointFile), { force: true });
  await rmdir(folder);
}
