import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ImportContext, ImportReader, ImportedContent } from "../runtime/index.ts";
import { git } from "./git.ts";
import type { GitIdentity } from "./git-credentials.ts";
import { withIdentity } from "./git-credentials.ts";
import type { GitArguments } from "./import-git.ts";
import { readModules } from "./read-modules.ts";
import { repeat, untilAborted } from "./repeat.ts";

/** Reads modules from a clone in the directory of the import. */
export class GitReader implements ImportReader {
  readonly origin: string;
  readonly #args: GitArguments;
  readonly #context: ImportContext;

  constructor(args: GitArguments, context: ImportContext) {
    this.#args = args;
    this.#context = context;
    this.origin = `${args.repository} ${args.revision} ${args.path}`;
  }

  async read(): Promise<ImportedContent> {
    const { dataPath } = this.#context;
    await mkdir(dataPath, { recursive: true, mode: 0o700 });
    const repository = join(dataPath, "repo");
    await withIdentity(this.#args, { repository: this.#args.repository, directory: dataPath }, (identity) =>
      this.#pull(repository, identity),
    );
    await this.#checkOut(repository);
    const path = join(repository, this.#args.path);
    const modulePath = repository;
    return { texts: await readModules(path), modulePath };
  }

  watch(changed: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { pull_frequency: frequency } = this.#args;
    return frequency > 0 ? repeat(frequency, changed, signal) : untilAborted(signal);
  }

  async #pull(directory: string, { settings, environment }: GitIdentity): Promise<void> {
    const { repository } = this.#args;
    const known = await this.#remoteOf(directory);
    if (known !== repository) {
      await rm(directory, { recursive: true, force: true });
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await git(["init", "--quiet"], { directory, environment });
      await git(["remote", "add", "origin", repository], { directory, environment });
    }
    const fetch = ["fetch", "--quiet", "--force", "--prune", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*"];
    await git([...settings, ...fetch], { directory, environment });
  }

  async #remoteOf(directory: string): Promise<string | undefined> {
    try {
      await stat(join(directory, ".git"));
      return await git(["config", "--get", "remote.origin.url"], { directory, environment: {} });
    } catch {
      return undefined;
    }
  }

  async #checkOut(directory: string): Promise<void> {
    const { revision } = this.#args;
    for (const name of [`refs/tags/${revision}`, `refs/remotes/origin/${revision}`, revision]) {
      const commit = await git(["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`], {
        directory,
        environment: {},
      }).catch(() => undefined);
      if (commit === undefined || commit === "") continue;
      await git(["checkout", "--quiet", "--force", "--detach", commit], { directory, environment: {} });
      await git(["clean", "--quiet", "-ffdx"], { directory, environment: {} });
      return;
    }
    throw new Error(`no revision ${JSON.stringify(revision)} in ${this.#args.repository}`);
  }
}
