/** Match values that are waited for at most; the one known for longest is forgotten, and waited for anew when it comes again. */
const maxValues = 10_000;
/** Values that are longer are not waited for: no server takes a label like that. */
const maxLength = 2048;

/** Remembers until when each value is waited for. A value that never matches is waited for once, not with every profile. */
export class AwaitedValues {
  readonly #until = new Map<string, number>();

  /** When the wait for the value ends, in milliseconds since 1970; it begins now when it is not known yet. */
  until(value: string, now: number, waitMs: number): number {
    if (value.length > maxLength) return now;
    const known = this.#until.get(value);
    if (known !== undefined) return known;
    const until = now + waitMs;
    this.#until.set(value, until);
    if (this.#until.size > maxValues) for (const [oldest] of this.#until.entries().take(1)) this.#until.delete(oldest);
    return until;
  }

  /** Forgets the values that pass the test. */
  forget(test: (value: string) => boolean): void {
    for (const value of this.#until.keys()) if (test(value)) this.#until.delete(value);
  }
}
