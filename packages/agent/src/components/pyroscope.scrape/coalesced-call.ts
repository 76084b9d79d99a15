/**
 * Runs a function soon after it was asked for: at once when it has not run lately, else when `gapMs` have passed since it last ran. Any number of
 * requests until then are one.
 */
export class CoalescedCall {
  readonly #call: () => void;
  readonly #gapMs: number;
  #timer: NodeJS.Timeout | undefined;
  #lastAt = -Infinity;

  constructor(call: () => void, gapMs: number) {
    this.#call = call;
    this.#gapMs = gapMs;
  }

  request(): void {
    const waitMs = Math.max(0, this.#lastAt + this.#gapMs - performance.now());
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#lastAt = performance.now();
      this.#call();
    }, waitMs);
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
