import type { EndpointSender } from "./endpoint-sender.ts";
import type { OutgoingLabels } from "./outgoing-labels.ts";

/** Everything that one version of the arguments brings. It outlives its replacement for as long as something is under way in it. */
export class EndpointGroup {
  readonly senders: EndpointSender[] = [];
  readonly labels: OutgoingLabels;
  readonly #atRetirement: (() => void)[] = [];
  readonly #atRest: (() => Promise<void>)[] = [];
  readonly #idle = Promise.withResolvers<void>();
  #users = 0;
  #retired = false;

  constructor(labels: OutgoingLabels) {
    this.labels = labels;
  }

  /** Runs `release` when the group gets no more to do. */
  onRetire(release: () => void): void {
    this.#atRetirement.push(release);
  }

  /** Runs `release` when the group has ended all that it had to do. */
  onIdle(release: () => Promise<void>): void {
    this.#atRest.push(release);
  }

  /** Notes that something is under way; each call needs its {@link release}. */
  hold(): void {
    this.#users += 1;
  }

  release(): void {
    this.#users -= 1;
    if (this.#retired && this.#users === 0) this.#idle.resolve();
  }

  /** To be called once, after the last {@link hold}. Resolves when nothing is under way any more and everything is released. */
  async retire(): Promise<void> {
    this.#retired = true;
    for (const release of this.#atRetirement) release();
    if (this.#users === 0) this.#idle.resolve();
    await this.#idle.promise;
    await Promise.all(this.#atRest.map((release) => release()));
  }

  /** Ends all waiting between attempts. */
  stop(): void {
    for (const sender of this.senders) sender.stop();
  }
}
