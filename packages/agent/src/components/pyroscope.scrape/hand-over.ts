import type { WaitingBudget } from "./waiting-budget.ts";
import type { LossReason } from "./scrape-metrics.ts";

/** A pprof as a target gave it. */
export interface FetchedProfile {
  readonly data: Uint8Array;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
}

export interface HandOverOptions {
  /**
   * Brings one profile to the receivers. Resolves when it is safe or there was nothing to forward; rejects when it did not get through, which
   * `deliver` itself counts.
   */
  readonly deliver: (profile: FetchedProfile) => Promise<void>;
  /** How a delivery ended. */
  readonly settled: (error: Error | undefined) => void;
  readonly lost: (reason: LossReason) => void;
  readonly budget: WaitingBudget;
  readonly maxWaiting: number;
  /** The newest profile contains what older ones that still wait say: they make room for it and are not lost. */
  readonly newestOnly: boolean;
}

/**
 * Hands profiles of one job over, one after the other, apart from fetching them: receivers that take long never delay the next scrape. What waits
 * is bounded in number and bytes.
 */
export class HandOver {
  readonly #options: HandOverOptions;
  readonly #waiting: FetchedProfile[] = [];
  #running: Promise<void> | undefined;

  constructor(options: HandOverOptions) {
    this.#options = options;
  }

  add(profile: FetchedProfile): void {
    const { budget, newestOnly, maxWaiting, lost } = this.#options;
    while (this.#waiting.length >= (newestOnly ? 1 : maxWaiting)) this.#dropOldest();
    if (!budget.take(profile.data.length)) {
      lost("waiting_full");
      return;
    }
    this.#waiting.push(profile);
    this.#running ??= this.#deliverAll();
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Drops what waits. A delivery that is under way goes on. */
  clear(): void {
    const { budget, lost } = this.#options;
    for (const { data } of this.#waiting.splice(0)) {
      budget.giveBack(data.length);
      lost("stopped");
    }
  }

  #dropOldest(): void {
    const oldest = this.#waiting.shift();
    if (oldest === undefined) return;
    this.#options.budget.giveBack(oldest.data.length);
    if (!this.#options.newestOnly) this.#options.lost("waiting_full");
  }

  async #deliverAll(): Promise<void> {
    const { budget, deliver, settled } = this.#options;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const failure = await failureOf(deliver(next));
      budget.giveBack(next.data.length);
      settled(failure);
    }
    this.#running = undefined;
  }
}

async function failureOf(work: Promise<void>): Promise<Error | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
