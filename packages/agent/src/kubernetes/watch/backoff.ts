/** Waits between attempts: twice as long each time, with chance, so that a thousand collectors do not come back at once. */
export interface BackoffLimits {
  readonly firstMs: number;
  readonly lastMs: number;
}

export const defaultBackoff: BackoffLimits = { firstMs: 1000, lastMs: 30_000 };

export class Backoff {
  readonly #limits: BackoffLimits;
  #nextMs: number;

  constructor(limits: BackoffLimits = defaultBackoff) {
    this.#limits = limits;
    this.#nextMs = limits.firstMs;
  }

  /** How long to wait now, milliseconds: between half the step and the step. */
  next(): number {
    const step = this.#nextMs;
    this.#nextMs = Math.min(step * 2, this.#limits.lastMs);
    return (step * (1 + Math.random())) / 2;
  }

  reset(): void {
    this.#nextMs = this.#limits.firstMs;
  }
}
