import { MetricsRegistry } from "../../metrics/registry.ts";
import { RecordingLog } from "../../component/testing/recording-log.ts";
import { testServices } from "../../component/testing/running-component.ts";
import type { Discoverer, DiscoveryContext } from "../discoverer.ts";
import { SourceHealth } from "../source-health.ts";
import type { TargetGroup } from "../target-group.ts";
import { TargetSets } from "../target-sets.ts";

/** A discoverer without its component: what it publishes is seen at once. */
export class RunningDiscoverer implements AsyncDisposable {
  readonly log: RecordingLog = new RecordingLog();
  readonly #registry = new MetricsRegistry();
  readonly #health = new SourceHealth(0);
  readonly #sets = new TargetSets();
  readonly #stop = new AbortController();
  #done: Promise<void> = Promise.resolve();
  /** How often it published. */
  refreshes = 0;

  static start(create: (context: DiscoveryContext) => Discoverer): RunningDiscoverer {
    const running = new RunningDiscoverer();
    const { identity } = testServices();
    const context = { id: "discovery.test", log: running.log, metrics: running.#registry.scope(), identity, health: running.#health };
    running.#done = create(context).run((groups) => running.#publish(groups), running.#stop.signal);
    return running;
  }

  /** All labels of all targets. */
  get targets(): readonly Readonly<Record<string, string>>[] {
    return this.#sets.targets.map(({ labels }) => labels.toRecord());
  }

  get healthy(): boolean {
    return this.#health.current(0) === undefined;
  }

  /** See `RunningComponent.metric`. */
  metric(series: string): number | undefined {
    const line = this.#registry
      .render()
      .split("\n")
      .find((text) => text.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  #publish(groups: readonly TargetGroup[]): void {
    this.refreshes += 1;
    this.#sets.apply(groups);
  }
}
