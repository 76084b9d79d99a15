import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Labels } from "@flameline/profile";
import type { Discoverer, DiscoveryContext, PublishGroups } from "../../discovery/discoverer.ts";
import { everyInterval } from "../../discovery/interval.ts";
import type { TargetGroup } from "../../discovery/target-group.ts";
import { glob, globMatcher } from "../../files/glob.ts";

interface FileMatching {
  /** Labels with `__path__`, and `__path_exclude__` where something is left out. */
  readonly patterns: readonly Labels[];
  /** Milliseconds, above 0. */
  readonly intervalMs: number;
  /** Milliseconds; 0: of any age. */
  readonly maxAgeMs: number;
}

/** Looks for the files of patterns at every interval. What a pattern found stays when it cannot be looked for. */
export class FileMatcher implements Discoverer {
  readonly #context: DiscoveryContext;
  readonly #matching: FileMatching;

  constructor(context: DiscoveryContext, matching: FileMatching) {
    this.#context = context;
    this.#matching = matching;
  }

  run(publish: PublishGroups, signal: AbortSignal): Promise<void> {
    const { patterns, intervalMs } = this.#matching;
    return everyInterval(intervalMs, signal, async () => {
      const groups = await Promise.all(patterns.map((labels, index) => this.#find(labels, String(index).padStart(6, "0"))));
      publish(groups.filter((group) => group !== undefined));
    });
  }

  /** Undefined when the files cannot be told. */
  async #find(labels: Labels, source: string): Promise<TargetGroup | undefined> {
    try {
      const paths = await this.#pathsOf(labels);
      this.#context.health.succeeded(source);
      return { source, targets: paths.map((path) => labels.edit().set("__path__", path).labels()) };
    } catch (error) {
      this.#context.health.failed(error, source);
      this.#context.log.error("error getting paths", { path: labels.get("__path__"), err: error instanceof Error ? error : String(error) });
      return undefined;
    }
  }

  async #pathsOf(labels: Labels): Promise<readonly string[]> {
    const exclude = labels.get("__path_exclude__");
    const isExcluded = exclude === "" ? () => false : globMatcher(exclude, "extended");
    const paths = (await glob(labels.get("__path__"), "extended")).map((path) => resolve(path)).filter((path) => !isExcluded(path));
    const wanted = await Promise.all(paths.map((path) => this.#isWanted(path)));
    return paths.filter((_, index) => wanted[index] === true);
  }

  async #isWanted(path: string): Promise<boolean> {
    const { maxAgeMs } = this.#matching;
    const info = await stat(path).catch(() => undefined);
    return info?.isFile() === true && (maxAgeMs <= 0 || info.mtimeMs >= Date.now() - maxAgeMs);
  }
}
