/** How many deliveries of a queue are under way at a time, and how many bytes of them. */
export const maxDeliveriesUnderWay = 32;
export const maxBytesUnderWay = 32 * 2 ** 20;

/** How much may be under way at a time. */
export interface SlotLimits {
  readonly maxUsers: number;
  /** One alone may be larger. */
  readonly maxBytes: number;
}

/** Counts what is under way and says when there is room for more. For one that asks at a time. */
export class Slots {
  readonly #limits: SlotLimits;
  #users = 0;
  #bytes = 0;
  #waiting: PromiseWithResolvers<void> | undefined;

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  /** Notes something that is under way until the returned function is called. */
  take(bytes: number): () => void {
    this.#users += 1;
    this.#bytes += bytes;
    return () => {
      this.#users -= 1;
      this.#bytes -= bytes;
      this.#waiting?.resolve();
      this.#waiting = undefined;
    };
  }

  /** Resolves when there is room. */
  async free(): Promise<void> {
    while (this.#users >= this.#limits.maxUsers || (this.#users > 0 && this.#bytes >= this.#limits.maxBytes)) await this.#change();
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#users > 0) await this.#change();
  }

  #change(): Promise<void> {
    this.#waiting ??= Promise.withResolvers<void>();
    return this.#waiting.promise;
  }
}
