import { createHash } from "node:crypto";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ImportContext, ImportReader, ImportedContent } from "../runtime/index.ts";
import { shownUrlText } from "../http/client/request-url.ts";
import { git } from "./git.ts";
import type { GitIdentity } from "./git-credentials.ts";
import { withIdentity } from "./git-credentials.ts";
import type { GitArguments } from "./import-git.ts";
import { readModules } from "./read-modules.ts";
import { repeat, untilAborted } from "./repeat.ts";

/** What readers leave in the directory of the import: clones, and keys when the program was killed. */
const leftName = /^(?:repo|ssh)(?:-|$)/;

/** The last run of `git` in each clone: two at a time would fight over it. */
const turns = new Map<string, Promise<unknown>>();

/**
 * Reads modules from a clone in the directory of the import. Each repository and revision has a clone of its own: a configuration on trial must not change the
 * files that the one in force reads.
 */
export class GitReader implements ImportReader {
  readonly origin: string;
  readonly #args: GitArguments;
  readonly #context: ImportContext;
  /** Tells what is of this repository and revision from what is of others. */
  readonly #key: string;

  constructor(args: GitArguments, context: ImportContext) {
    this.#args = args;
    this.#context = context;
    this.origin = `${shownUrlText(args.repository)} ${args.revision} ${args.path}`;
    const hash = createHash("sha256").update(JSON.stringify([args.repository, args.revision]));
    this.#key = hash.digest("hex").slice(0, 16);
  }

  read(signal?: AbortSignal): Promise<ImportedContent> {
    const directory = join(this.#context.dataPath, `repo-${this.#key}`);
    const read = (turns.get(directory) ?? Promise.resolve()).then(() => this.#read(directory, signal));
    const ended = read.catch(() => undefined).finally(() => turns.get(directory) === ended && turns.delete(directory));
    turns.set(directory, ended);
    return read;
  }

  async watch(changed: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { pull_frequency: frequency } = this.#args;
    await this.#removeOthers();
    await (frequency > 0 ? repeat(frequency, changed, signal) : untilAborted(signal));
  }

  async #read(directory: string, signal: AbortSignal | undefined): Promise<ImportedContent> {
    const { dataPath } = this.#context;
    const { repository, path } = this.#args;
    await mkdir(dataPath, { recursive: true, mode: 0o700 });
    const place = { repository, keyFolder: join(dataPath, `ssh-${this.#key}`) };
    await withIdentity(this.#args, place, (identity) => this.#pull(directory, identity, signal));
    await this.#checkOut(directory, signal);
    return { texts: await readModules(join(directory, path)), modulePath: directory };
  }

  /** Clones of former configurations, and of those that were refused. */
  async #removeOthers(): Promise<void> {
    const { dataPath, log } = this.#context;
    try {
      const names = (await readdir(dataPath)).filter((name) => leftName.test(name) && !name.endsWith(this.#key));
      await Promise.all(names.map((name) => rm(join(dataPath, name), { recursive: true, force: true })));
    } catch (error) {
      log.warn("failed to remove a clone that is not used any more", { err: error instanceof Error ? error : String(error) });
    }
  }

  async #pull(directory: string, { settings, environment }: GitIdentity, signal: AbortSignal | undefined): Promise<void> {
    const { repository } = this.#args;
    const known = await this.#remoteOf(directory);
    if (known !== repository) {
      await rm(directory, { recursive: true, force: true });
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await git(["init", "--quiet"], { directory, environment });
      await git(["remote", "add", "origin", repository], { directory, environment });
    }
    const fetch = ["fetch", "--quiet", "--force", "--prune", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*"];
    await git([...settings, ...fetch], { directory, environment, signal });
  }

  async #remoteOf(directory: string): Promise<string | undefined> {
    try {
      await stat(join(directory, ".git"));
      return await git(["config", "--get", "remote.origin.url"], { directory, environment: {} });
    } catch {
      return undefined;
    }
  }

  async #checkOut(directory: string, signal: AbortSignal | undefined): Promise<void> {
    const { revision } = this.#args;
    for (const name of [`refs/tags/${revision}`, `refs/remotes/origin/${revision}`, revision]) {
      const commit = await git(["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`], {
        directory,
        environment: {},
        signal,
      }).catch(() => undefined);
      if (commit === undefined || commit === "") continue;
      await git(["checkout", "--quiet", "--force", "--detach", commit], { directory, environment: {}, signal });
      await git(["clean", "--quiet", "-ffdx"], { directory, environment: {}, signal });
      return;
    }
    throw new Error(`no revision ${JSON.stringify(revision)} in ${shownUrlText(this.#args.repository)}`);
  }
}
