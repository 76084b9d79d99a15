import type { ComponentContext, ComponentInstance, Health } from "../component/index.ts";
import type { Target } from "../component/target.ts";
import type { Discoverer, DiscoveryContext } from "./discoverer.ts";
import { SourceHealth } from "./source-health.ts";
import { TargetPublisher } from "./target-publisher.ts";

interface DiscoveryOptions<A> {
  readonly discover: (context: DiscoveryContext, args: A) => Discoverer<A>;
  readonly exportGapMs: number | undefined;
}

/** A discoverer with what belongs to it. */
interface Round<A> {
  readonly discoverer: Discoverer<A>;
  readonly health: SourceHealth;
  readonly stop: AbortController;
  ended: Promise<void>;
}

/** Runs one discoverer after the other, a new one for each change of the arguments, and exports what they find. */
export class DiscoveryInstance<A> implements ComponentInstance<A> {
  readonly #context: ComponentContext<{ readonly targets: readonly Target[] }>;
  readonly #discover: DiscoveryOptions<A>["discover"];
  readonly #publisher: TargetPublisher;
  readonly #broken = Promise.withResolvers<never>();
  #round: Round<A>;
  #running = false;

  constructor(context: ComponentContext<{ readonly targets: readonly Target[] }>, { discover, exportGapMs }: DiscoveryOptions<A>, args: A) {
    this.#context = context;
    this.#discover = discover;
    this.#publisher = new TargetPublisher((targets) => context.setExports({ targets }), exportGapMs);
    // Whether anybody waits for it depends on whether the component runs.
    this.#broken.promise.catch(() => undefined);
    this.#round = this.#newRound(args);
    context.setExports({ targets: [] });
  }

  async update(args: A): Promise<void> {
    if (this.#running && this.#round.discoverer.update?.(args) === true) return;
    const next = this.#newRound(args);
    await this.#endRound();
    this.#round = next;
    if (this.#running) this.#beginRound();
  }

  async run(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return this.discard();
    this.#running = true;
    this.#beginRound();
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    try {
      await Promise.race([aborted, this.#broken.promise]);
    } finally {
      await this.#endRound();
      this.#running = false;
    }
  }

  async discard(): Promise<void> {
    await this.#round.discoverer.discard?.();
  }

  health(): Health | undefined {
    return this.#round.health.current(this.#publisher.count);
  }

  #newRound(args: A): Round<A> {
    const { id, log, metrics, services } = this.#context;
    const health = new SourceHealth();
    const discoverer = this.#discover({ id, log, metrics, identity: services.identity, health }, args);
    return { discoverer, health, stop: new AbortController(), ended: Promise.resolve() };
  }

  #beginRound(): void {
    const round = this.#round;
    this.#publisher.begin();
    round.ended = round.discoverer
      .run((groups) => {
        if (!round.stop.signal.aborted) this.#publisher.publish(groups);
      }, round.stop.signal)
      .catch((error: unknown) => this.#broken.reject(error));
  }

  async #endRound(): Promise<void> {
    const { discoverer, stop, ended } = this.#round;
    this.#publisher.stop();
    if (!this.#running) {
      await discoverer.discard?.();
      return;
    }
    stop.abort();
    await ended;
  }
}
