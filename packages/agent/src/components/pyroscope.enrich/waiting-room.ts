import type { EnrichMetrics, WaitEnd } from "./enrich-metrics.ts";

/** One call that waits. */
export interface Wait {
  /** What it holds in memory. */
  readonly bytes: number;
  /** When it has waited long enough, in milliseconds since 1970. */
  readonly until: number;
  /** Aborts when its sender has gone. */
  readonly signal?: AbortSignal | undefined;
  /** Whether what it waits for has come. */
  isOver(): boolean;
}

/** Holds calls until what they wait for has come, within a number of bytes and each for its time. Nothing is lost here: every wait ends, and says why. */
export class WaitingRoom {
  readonly #metrics: EnrichMetrics;
  readonly #waiting = new Map<Wait, (end: WaitEnd) => void>();
  #maxBytes: number;
  #bytes = 0;
  #stopped = false;

  constructor(maxBytes: number, metrics: EnrichMetrics) {
    this.#maxBytes = maxBytes;
    this.#metrics = metrics;
  }

  /** Those that wait stay when there is less room than before. */
  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
  }

  /** Resolves when the wait has ended: at once when there is no room for it. */
  async wait(wait: Wait): Promise<void> {
    const end = this.#refusal(wait) ?? (await this.#hold(wait));
    this.#metrics.waits[end].inc();
  }

  /** Lets everything go whose wait is over. */
  recheck(): void {
    for (const [wait, end] of this.#waiting) if (wait.isOver()) end("matched");
  }

  /** Lets everything go, now and from now on. */
  stop(): void {
    this.#stopped = true;
    for (const end of this.#waiting.values()) end("stopped");
  }

  #refusal({ bytes, signal }: Wait): WaitEnd | undefined {
    if (this.#stopped) return "stopped";
    if (signal?.aborted) return "sender";
    return this.#bytes + bytes > this.#maxBytes ? "full" : undefined;
  }

  async #hold(wait: Wait): Promise<WaitEnd> {
    const { promise, resolve } = Promise.withResolvers<WaitEnd>();
    const timer = setTimeout(resolve, wait.until - Date.now(), "timeout");
    const leave = (): void => resolve("sender");
    wait.signal?.addEventListener("abort", leave);
    this.#waiting.set(wait, resolve);
    this.#occupy(wait.bytes);
    const end = await promise;
    this.#occupy(-wait.bytes);
    this.#waiting.delete(wait);
    wait.signal?.removeEventListener("abort", leave);
    clearTimeout(timer);
    return end;
  }

  #occupy(bytes: number): void {
    this.#bytes += bytes;
    this.#metrics.waitingBytes.set(this.#bytes);
  }
}
