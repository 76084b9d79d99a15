import type { Lease } from "./queue.ts";

interface Taker {
  readonly resolve: (lease: Lease | undefined) => void;
  readonly signal: AbortSignal;
  readonly onAbort: () => void;
}

/** Those who wait for a record, first come first served. */
export class Takers {
  readonly #waiting = new Set<Taker>();

  get count(): number {
    return this.#waiting.size;
  }

  wait(signal: AbortSignal): Promise<Lease | undefined> {
    return new Promise((resolve) => {
      const taker: Taker = {
        resolve,
        signal,
        onAbort: () => {
          this.#waiting.delete(taker);
          resolve(undefined);
        },
      };
      this.#waiting.add(taker);
      signal.addEventListener("abort", taker.onAbort, { once: true });
    });
  }

  /** Gives a record to the first of them. */
  give(lease: Lease | undefined): void {
    for (const taker of this.#waiting) {
      this.#waiting.delete(taker);
      taker.signal.removeEventListener("abort", taker.onAbort);
      taker.resolve(lease);
      return;
    }
  }
}
