import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Counter, Gauge, MetricFamily, Summary } from "../../component/index.ts";
import type { Discoverer, DiscoveryContext, PublishGroups } from "../../discovery/discoverer.ts";
import type { TargetGroup } from "../../discovery/target-group.ts";
import { glob, globBase } from "../../files/glob.ts";
import { PathWatch } from "../../files/path-watch.ts";
import { systemMessage } from "../../http/errno.ts";
import { readTargetFile } from "./target-file.ts";

interface FileDiscovery {
  readonly patterns: readonly string[];
  /** Milliseconds, above 0. */
  readonly intervalMs: number;
}

/** Reads files with targets, all of them whenever something changes in one of their directories, and at every interval. */
export class FileDiscoverer implements Discoverer {
  readonly #context: DiscoveryContext;
  readonly #discovery: FileDiscovery;
  readonly #metrics: FileMetrics;
  /** The files that each pattern matched when it could be told last. */
  readonly #matches = new Map<string, readonly string[]>();
  readonly #sources = new Map<string, readonly string[]>();
  readonly #watches = new Map<string, PathWatch>();
  #news = Promise.withResolvers<void>();

  constructor(context: DiscoveryContext, discovery: FileDiscovery) {
    this.#context = context;
    this.#discovery = discovery;
    this.#metrics = createFileMetrics(context);
  }

  async run(publish: PublishGroups, signal: AbortSignal): Promise<void> {
    const aborted = (): void => this.#news.resolve();
    signal.addEventListener("abort", aborted);
    await this.#watch([]);
    while (!signal.aborted) {
      this.#news = Promise.withResolvers();
      await this.#scan(publish);
      if (signal.aborted) break;
      await this.#news.promise;
    }
    signal.removeEventListener("abort", aborted);
    await Promise.all([...this.#watches.values()].map((watch) => watch.close()));
  }

  async #scan(publish: PublishGroups): Promise<void> {
    const beganAt = performance.now();
    const files = new Set<string>();
    for (const pattern of this.#discovery.patterns) for (const file of await this.#expand(pattern)) files.add(file);
    await this.#watch([...files].map((file) => dirname(file)));
    const changes: TargetGroup[] = [];
    for (const file of files) changes.push(...(await this.#read(file)));
    for (const file of this.#sources.keys()) if (!files.has(file)) changes.push(...this.#forget(file));
    publish(changes);
    this.#metrics.scanSeconds.observe((performance.now() - beganAt) / 1000);
  }

  async #expand(pattern: string): Promise<readonly string[]> {
    try {
      const matches = await glob(pattern, "plain");
      this.#matches.set(pattern, matches);
      this.#context.health.succeeded(pattern);
      return matches;
    } catch (error) {
      this.#report("Error expanding glob", pattern, error);
      return this.#matches.get(pattern) ?? [];
    }
  }

  /** What has become of a file's groups; nothing when it cannot be read. */
  async #read(file: string): Promise<readonly TargetGroup[]> {
    let groups: readonly TargetGroup[];
    try {
      groups = await readTargetFile(file);
    } catch (error) {
      this.#metrics.readErrors.inc();
      this.#report("Error reading file", file, error);
      return [];
    }
    this.#context.health.succeeded(file);
    const gone = (this.#sources.get(file) ?? []).slice(groups.length);
    this.#sources.set(
      file,
      groups.map(({ source }) => source),
    );
    const info = await stat(file).catch(() => undefined);
    if (info !== undefined) this.#metrics.modified.with({ filename: file }).set(info.mtimeMs / 1000);
    return [...groups, ...gone.map(withoutTargets)];
  }

  #forget(file: string): readonly TargetGroup[] {
    const gone = this.#sources.get(file) ?? [];
    this.#sources.delete(file);
    this.#context.health.succeeded(file);
    this.#metrics.modified.remove({ filename: file });
    return gone.map(withoutTargets);
  }

  /** Watches the directories that patterns begin with and these; no others any more. */
  async #watch(directories: readonly string[]): Promise<void> {
    const wanted = new Set([...this.#discovery.patterns.map((pattern) => globBase(pattern, "plain")), ...directories]);
    for (const [path, watch] of this.#watches) {
      if (wanted.has(path)) continue;
      this.#watches.delete(path);
      await watch.close();
    }
    for (const path of wanted) {
      if (this.#watches.has(path)) continue;
      const onChange = (): void => this.#news.resolve();
      const { intervalMs: pollMs } = this.#discovery;
      const watch = new PathWatch({ path, detector: "fsnotify", pollMs, onChange });
      this.#watches.set(path, watch);
      await watch.started;
    }
  }

  #report(message: string, path: string, error: unknown): void {
    const reason = `${path}: ${systemMessage(error)}`;
    this.#context.health.failed(reason, path);
    this.#context.log.error(message, { path, err: systemMessage(error) });
  }
}

function withoutTargets(source: string): TargetGroup {
  return { source, targets: [] };
}

interface FileMetrics {
  readonly readErrors: Counter;
  readonly scanSeconds: Summary;
  readonly modified: MetricFamily<Gauge, "filename">;
}

function createFileMetrics({ metrics }: DiscoveryContext): FileMetrics {
  // The reference counts here what its watcher refuses; ours looks for itself then, and has nothing to count.
  metrics.counter({ name: "prometheus_sd_file_watcher_errors_total", help: "Failures of watching files." }).with({});
  return {
    readErrors: metrics
      .counter({ name: "prometheus_sd_file_read_errors_total", help: "Files with targets that could not be read." })
      .with({}),
    scanSeconds: metrics
      .summary({ name: "prometheus_sd_file_scan_duration_seconds", help: "Seconds that reading all files took." })
      .with({}),
    modified: metrics.gauge({
      name: "prometheus_sd_file_mtime_seconds",
      help: "When a file with targets was written, in seconds since 1970.",
      labels: ["filename"],
    }),
  };
}
