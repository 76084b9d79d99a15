import { readdir, realpath } from "node:fs/promises";
import { systemMessage } from "../http/errno.ts";
import { findQueues } from "../queue/examine.ts";
import { moveQueue } from "../queue/move.ts";
import { QueueError } from "../queue/queue.ts";
import type { CommandResult } from "./command.ts";
import type { Terminal } from "./terminal.ts";

/** `queue move FROM TO`. */
export async function executeMove(from: string, to: string | undefined, { out }: Terminal): Promise<CommandResult> {
  if (to === undefined) return { error: "move takes two folders: the queue that is moved, and the one that gets what is in it" };
  try {
    const problem = await problemWith(from, to);
    if (problem !== undefined) return { error: problem };
    const { records, units, lost, problems } = await moveQueue(from, to);
    for (const one of problems) out.write(`${one}\n`);
    out.write(`moved ${records} records with ${units} profiles to ${to}${lost > 0 ? `; ${lost} damaged records are lost` : ""}\n`);
    return { exit: lost > 0 ? 1 : 0 };
  } catch (error) {
    return { error: error instanceof QueueError ? error.message : `cannot move ${from} to ${to}: ${systemMessage(error)}` };
  }
}

async function problemWith(from: string, to: string): Promise<string | undefined> {
  if ((await findQueues(from))[0] !== from) return `${from} holds no queue: name a folder that "flameline queue inspect" lists`;
  if ((await realpath(from)) === (await realpath(to))) return `${from} and ${to} are the same folder`;
  // A queue that nothing was ever kept in has no files.
  const isQueue = (await findQueues(to))[0] === to || (await readdir(to)).length === 0;
  return isQueue ? undefined : `${to} is no queue: run a collector with the endpoint once, then its folder is there`;
}
