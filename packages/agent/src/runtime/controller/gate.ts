/** Lets many hold something together or one alone. Whoever wants it alone goes before those who come later. */
export class Gate {
  #holders = 0;
  #alone: Promise<void> | undefined;
  #idle: (() => void) | undefined;

  /** Runs `work` next to other shared work, never while somebody has the gate alone. */
  async shared<T>(work: () => Promise<T>): Promise<T> {
    while (this.#alone !== undefined) await this.#alone;
    this.#holders += 1;
    try {
      return await work();
    } finally {
      this.#holders -= 1;
      if (this.#holders === 0) this.#idle?.();
    }
  }

  /** Resolves when everything that holds the gate has ended; from then on everything else is kept out until the returned function is called. */
  async close(): Promise<() => void> {
    while (this.#alone !== undefined) await this.#alone;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#alone = promise;
    if (this.#holders > 0) await new Promise<void>((idle) => (this.#idle = idle));
    this.#idle = undefined;
    return () => {
      if (this.#alone === promise) this.#alone = undefined;
      resolve();
    };
  }
}
