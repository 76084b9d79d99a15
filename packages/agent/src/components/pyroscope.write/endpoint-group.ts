import type { DebugInfoClient } from "../../component/debug-info-client.ts";
import type { EndpointPath } from "./endpoint-path.ts";
import type { OutgoingLabels } from "./outgoing-labels.ts";
import type { QueueDispatcher } from "./queue-dispatcher.ts";

/** Everything that one version of the arguments brings. It outlives its replacement for as long as something is under way in it. */
export class EndpointGroup {
  readonly paths: EndpointPath[] = [];
  /** One for each endpoint. */
  readonly debugInfo: DebugInfoClient[] = [];
  readonly labels: OutgoingLabels;
  readonly #dispatchers: QueueDispatcher[] = [];
  readonly #running: Promise<void>[] = [];
  readonly #retirement = new AbortController();
  readonly #atRetirement: (() => void)[] = [];
  readonly #atRest: (() => Promise<void>)[] = [];
  readonly #idle = Promise.withResolvers<void>();
  #users = 0;

  constructor(labels: OutgoingLabels) {
    this.labels = labels;
  }

  /** Works while the group is in force, from {@link start} on. */
  addDispatcher(dispatcher: QueueDispatcher): void {
    this.#dispatchers.push(dispatcher);
  }

  /** Runs `release` when the group gets no more to do. */
  onRetire(release: () => void): void {
    this.#atRetirement.push(release);
  }

  /** Runs `release` when the group has ended all that it had to do. */
  onIdle(release: () => Promise<void>): void {
    this.#atRest.push(release);
  }

  /** Begins to send what is in the queues. */
  start(): void {
    if (this.#running.length > 0) return;
    for (const dispatcher of this.#dispatchers) this.#running.push(dispatcher.run(this.#retirement.signal));
  }

  /** Notes that something is under way; each call needs its {@link release}. */
  hold(): void {
    this.#users += 1;
  }

  release(): void {
    this.#users -= 1;
    if (this.#retirement.signal.aborted && this.#users === 0) this.#idle.resolve();
  }

  /** To be called once, after the last {@link hold}. Resolves when nothing is under way any more and everything is released. */
  async retire(): Promise<void> {
    this.#retirement.abort();
    for (const release of this.#atRetirement) release();
    if (this.#users === 0) this.#idle.resolve();
    await Promise.all([this.#idle.promise, ...this.#running]);
    await Promise.all(this.#atRest.map((release) => release()));
  }

  /** Ends all waiting between attempts of which a sender waits for the end. */
  stop(): void {
    for (const path of this.paths) path.stop();
  }
}
