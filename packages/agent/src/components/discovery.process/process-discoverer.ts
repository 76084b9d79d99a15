import { readdir, readFile } from "node:fs/promises";
import type { Labels } from "@flameline/profile";
import type { Discoverer, DiscoveryContext, PublishGroups } from "../../discovery/discoverer.ts";
import { everyInterval } from "../../discovery/interval.ts";
import { systemMessage } from "../../http/errno.ts";
import { joinTargets } from "./join-targets.ts";
import { type ProcessQuestions, readProcess, type UserNames } from "./read-process.ts";

export interface ProcessDiscovery {
  readonly questions: ProcessQuestions;
  /** Targets of containers that processes may run in. */
  readonly join: readonly Labels[];
  /** Milliseconds, above 0. */
  readonly intervalMs: number;
  /** Where processes are, `/proc`. */
  readonly root?: string;
}

/** So many processes are read at the same time. */
const batchSize = 32;
/** So many processes that cannot be read are named in the log at each scan, those that were not named before. */
const maxNamedProcesses = 10;

/** Lists the processes of this machine at every interval. */
export class ProcessDiscoverer implements Discoverer {
  readonly #context: DiscoveryContext;
  readonly #discovery: Required<ProcessDiscovery>;
  #join: readonly Labels[];
  #processes: readonly Labels[] | undefined;
  #publish: PublishGroups = () => undefined;
  #unreadable: ReadonlySet<string> = new Set();

  constructor(context: DiscoveryContext, discovery: ProcessDiscovery) {
    this.#context = context;
    this.#discovery = { root: "/proc", ...discovery };
    this.#join = discovery.join;
  }

  /** Rejects when the processes cannot be listed. */
  async run(publish: PublishGroups, signal: AbortSignal): Promise<void> {
    this.#publish = publish;
    await everyInterval(this.#discovery.intervalMs, signal, async () => {
      this.#processes = await this.#scan();
      if (!signal.aborted) this.#publishJoined();
    });
  }

  /** The processes are those of the last scan. */
  rejoin(join: readonly Labels[]): void {
    this.#join = join;
    this.#publishJoined();
  }

  #publishJoined(): void {
    if (this.#processes !== undefined) this.#publish([{ source: "", targets: joinTargets(this.#processes, this.#join) }]);
  }

  /** Sorted by number. */
  async #scan(): Promise<readonly Labels[]> {
    const { root, questions } = this.#discovery;
    const pids = await this.#pids();
    const users = questions.username ? await readUserNames() : new Map<string, string>();
    const found: Labels[] = [];
    const failures = new Map<string, string>();
    for (let from = 0; from < pids.length; from += batchSize) {
      const batch = pids.slice(from, from + batchSize).map(async (pid) => {
        try {
          return await readProcess(`${root}/${pid}`, pid, questions, users);
        } catch (error) {
          failures.set(pid, systemMessage(error));
          return undefined;
        }
      });
      found.push(...(await Promise.all(batch)).filter((labels) => labels !== undefined));
    }
    this.#report(failures);
    return found;
  }

  async #pids(): Promise<readonly string[]> {
    try {
      const names = await readdir(this.#discovery.root);
      return names.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(a) - Number(b));
    } catch (error) {
      throw new Error(`failed to list pids: open ${this.#discovery.root}: ${systemMessage(error)}`, { cause: error });
    }
  }

  #report(failures: ReadonlyMap<string, string>): void {
    const fresh = [...failures].filter(([pid]) => !this.#unreadable.has(pid)).sort(([a], [b]) => Number(a) - Number(b));
    this.#unreadable = new Set(failures.keys());
    const { log } = this.#context;
    for (const [pid, err] of fresh.slice(0, maxNamedProcesses)) log.error("failed to get process info", { pid, err });
    if (fresh.length > maxNamedProcesses) log.error("failed to get info of further processes", { count: fresh.length - maxNamedProcesses });
  }
}

/** The users of this machine itself; those that only a directory service knows have no name here. */
async function readUserNames(): Promise<UserNames> {
  const text = await readFile("/etc/passwd", "utf8").catch(() => "");
  return new Map(Array.from(text.matchAll(/^([^:\n]+):[^:\n]*:(\d+):/gm), ([, name = "", uid = ""]) => [uid, name] as const));
}
