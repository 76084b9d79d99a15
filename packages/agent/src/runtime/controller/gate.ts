/** Lets many hold something together or one alone. Whoever wants it alone goes before those who come later. */
export class Gate {
  #holders = 0;
  #alone: Promise<void> | undefined;
  #idle: (() => void) | undefined;

  /** Runs `work` next to other shared work, never next to exclusive work. */
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

  /** Runs `work` when everything that holds the gate has ended, and keeps out everything else meanwhile. */
  async exclusive<T>(work: () => Promise<T>): Promise<T> {
    while (this.#alone !== undefined) await this.#alone;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#alone = promise;
    try {
      if (this.#holders > 0) await new Promise<void>((idle) => (this.#idle = idle));
      return await work();
    } finally {
      this.#idle = undefined;
      this.#alone = undefined;
      resolve();
    }
  }
}
