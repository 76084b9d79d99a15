import type { Discoverer, DiscoveryContext, PublishGroups } from "./discoverer.ts";
import { everyInterval } from "./interval.ts";
import { createRefreshMetrics, type RefreshMetrics } from "./refresh-metrics.ts";
import type { TargetGroup } from "./target-group.ts";

export interface RefreshOptions {
  /** The component's name without `discovery.`. */
  readonly mechanism: string;
  readonly intervalMs: number;
  /** All groups that there are now; the groups of names that it leaves out are gone. Throws when they cannot be told: what was known stays. */
  refresh(signal: AbortSignal): Promise<readonly TargetGroup[]>;
  /** Gives back what refreshing took. */
  close?(): void | Promise<void>;
}

/** A discoverer that asks for everything at once, and again at every interval. */
export class RefreshingDiscoverer implements Discoverer {
  readonly #context: DiscoveryContext;
  readonly #options: RefreshOptions;
  readonly #metrics: RefreshMetrics;
  #sources: ReadonlySet<string> = new Set();

  constructor(context: DiscoveryContext, options: RefreshOptions) {
    this.#context = context;
    this.#options = options;
    this.#metrics = createRefreshMetrics(context.metrics, options.mechanism);
  }

  async run(publish: PublishGroups, signal: AbortSignal): Promise<void> {
    try {
      await everyInterval(this.#options.intervalMs, signal, () => this.#refresh(publish, signal));
    } finally {
      await this.#options.close?.();
    }
  }

  async discard(): Promise<void> {
    await this.#options.close?.();
  }

  async #refresh(publish: PublishGroups, signal: AbortSignal): Promise<void> {
    const { health, log } = this.#context;
    const beganAt = performance.now();
    try {
      const groups = await this.#options.refresh(signal);
      this.#metrics.observe((performance.now() - beganAt) / 1000);
      health.succeeded();
      publish(this.#withGone(groups));
    } catch (error) {
      // A refresh that was broken off has not failed.
      if (signal.aborted) return;
      this.#metrics.failures.inc();
      health.failed(error);
      log.error("Unable to refresh target groups", { err: error instanceof Error ? error : String(error) });
    }
  }

  /** The groups, and an empty one for each source that is not among them any more. */
  #withGone(groups: readonly TargetGroup[]): readonly TargetGroup[] {
    const sources = new Set(groups.map(({ source }) => source));
    const gone = [...this.#sources].filter((source) => !sources.has(source)).map((source) => ({ source, targets: [] }));
    this.#sources = sources;
    return [...groups, ...gone];
  }
}
