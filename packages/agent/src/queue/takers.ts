import type { Lease } from "./queue.ts";

interface Taker {
  readonly resolve: (lease: Lease | undefined) => void;
  readonly signal: AbortSignal;
}

/** Those who wait for a record, first come first served. */
export class Takers {
  readonly #waiting = new Set<Taker>();
  /**
   * How many wait by each signal, and the one listener for them. It stays when nobody waits until another signal comes: mostly the same takers are back at
   * once, and listening anew for each record would cost more than all the rest of it.
   */
  readonly #signals = new Map<AbortSignal, { count: number; readonly onAbort: () => void }>();

  get count(): number {
    return this.#waiting.size;
  }

  wait(signal: AbortSignal): Promise<Lease | undefined> {
    this.#listen(signal).count += 1;
    return new Promise((resolve) => {
      this.#waiting.add({ resolve, signal });
    });
  }

  /** Gives a record to the first of them. */
  give(lease: Lease | undefined): void {
    for (const taker of this.#waiting) return this.#end(taker, lease);
  }

  /** Sends all of them away. */
  close(): void {
    for (const taker of this.#waiting) this.#end(taker, undefined);
    this.#forgetSignals();
  }

  #end(taker: Taker, lease: Lease | undefined): void {
    this.#waiting.delete(taker);
    const listened = this.#signals.get(taker.signal);
    if (listened !== undefined) listened.count -= 1;
    taker.resolve(lease);
  }

  #listen(signal: AbortSignal): { count: number } {
    const known = this.#signals.get(signal);
    if (known !== undefined) return known;
    this.#forgetSignals();
    const onAbort = (): void => {
      for (const taker of this.#waiting) if (taker.signal === signal) this.#end(taker, undefined);
      this.#signals.delete(signal);
    };
    const listened = { count: 0, onAbort };
    this.#signals.set(signal, listened);
    signal.addEventListener("abort", onAbort, { once: true });
    return listened;
  }

  #forgetSignals(): void {
    for (const [signal, { count, onAbort }] of this.#signals) {
      if (count > 0) continue;
      signal.removeEventListener("abort", onAbort);
      this.#signals.delete(signal);
    }
  }
}
