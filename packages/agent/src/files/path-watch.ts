import type { FSWatcher } from "node:fs";
import { watch } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fingerprint } from "./fingerprint.ts";
import { watchedDirectories } from "./watched-directories.ts";

/** How long to wait after something happened, in milliseconds: whoever writes a file does it in several steps. */
const settleMs = 30;

/** Directories that appear and go faster than this can be followed are left to the next look. */
const mostRounds = 10;

/** It looks once a day at least: timers of Node that should wait for more than 24 days do not wait at all. */
const longestWaitMs = 24 * 3_600_000;

/** How a change is noticed, as the configuration names it: told by the operating system, or by looking every now and then. */
export type Detector = "fsnotify" | "poll";

export interface PathWatchOptions {
  /** A file, or a directory with the files directly in it. Need not exist. */
  readonly path: string;
  readonly detector: Detector;
  /** How often to look whether anybody said something or not, in milliseconds. With `fsnotify` the safety net for file systems that say nothing. */
  readonly pollMs: number;
  /** Begins with a call: what was read before may be out of date. */
  readonly lookAtOnce?: boolean;
  /**
   * Called when there may be something new at the path, and at each look: whoever cares compares the content. Never before an earlier call has ended; all
   * that happens meanwhile is one call. Must not reject.
   */
  readonly onChange: () => void | Promise<void>;
}

/**
 * Notices when the content at a path changes: when it is written, replaced by rename, reached by a link that now leads elsewhere (config maps of Kubernetes), removed
 * or there again. To be closed by whoever made it.
 */
export class PathWatch {
  /** Resolves when it has looked for the first time: what changes from then on is noticed. Whoever read the content before reads it once more. */
  readonly started: Promise<void>;
  readonly #options: PathWatchOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #abort = new AbortController();
  readonly #done: Promise<void>;
  #news = Promise.withResolvers<void>();
  #seen = "";

  constructor(options: PathWatchOptions) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.started = promise;
    this.#done = this.#work(resolve);
  }

  /** Resolves when no call is under way and none comes any more. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#news.resolve();
    await this.#done;
  }

  async #work(started: () => void): Promise<void> {
    const { path, detector, onChange, pollMs, lookAtOnce = false } = this.#options;
    const { signal } = this.#abort;
    this.#seen = await fingerprint(path);
    started();
    if (detector === "fsnotify") await this.#follow();
    // What happened before the watchers were there is seen now.
    let due = lookAtOnce || (await fingerprint(path)) !== this.#seen;
    let lookAt = performance.now() + pollMs;
    while (!signal.aborted) {
      if (due) {
        this.#seen = await fingerprint(path);
        await onChange();
      }
      await this.#somethingBefore(lookAt);
      if (signal.aborted) break;
      const polled = performance.now() >= lookAt;
      if (polled) lookAt = performance.now() + pollMs;
      else await delay(settleMs);
      this.#news = Promise.withResolvers();
      if (detector === "fsnotify") await this.#follow();
      due = polled || (await fingerprint(path)) !== this.#seen;
    }
    for (const watcher of this.#watchers.values()) watcher.close();
  }

  async #somethingBefore(time: number): Promise<void> {
    const timer = setTimeout(() => this.#news.resolve(), Math.min(Math.max(time - performance.now(), 0), longestWaitMs));
    timer.unref();
    await this.#news.promise;
    clearTimeout(timer);
  }

  /**
   * Watches the directories that matter now. Those that cannot be watched are left to the look every now and then. A directory that is made meanwhile may
   * come before the watcher that would tell of it: so it asks again until nothing is new.
   */
  async #follow(): Promise<void> {
    const { path } = this.#options;
    let wanted = await watchedDirectories(path);
    for (let round = 0; round < mostRounds; round += 1) {
      this.#watchOnly(wanted);
      const before = wanted;
      wanted = await watchedDirectories(path);
      if (wanted.isSubsetOf(before)) return;
    }
  }

  #watchOnly(wanted: ReadonlySet<string>): void {
    for (const [directory, watcher] of this.#watchers) {
      if (!wanted.has(directory)) this.#drop(directory, watcher);
    }
    for (const directory of wanted) {
      if (!this.#watchers.has(directory)) this.#watch(directory);
    }
  }

  #watch(directory: string): void {
    try {
      const watcher = watch(directory, { persistent: false }, (event, name) => {
        // A directory that is removed says so under its own name; another of that name needs a new watcher.
        if (event === "rename" && (name === null || directory.endsWith(`/${name}`))) this.#drop(directory, watcher);
        this.#news.resolve();
      });
      watcher.on("error", () => {
        this.#drop(directory, watcher);
        this.#news.resolve();
      });
      this.#watchers.set(directory, watcher);
    } catch {
      // Too many watchers, or a file system without: the next look sees what happens.
    }
  }

  #drop(directory: string, watcher: FSWatcher): void {
    watcher.close();
    if (this.#watchers.get(directory) === watcher) this.#watchers.delete(directory);
  }
}
