/** How many of the latest refusals a page shows. */
const maxRefusals = 20;

/** A profile that an endpoint will never take. */
export interface Refusal {
  readonly at: Date;
  readonly service: string;
  readonly type: string;
  readonly profiles: number;
  readonly code: string;
  /** The server's text. */
  readonly message: string;
}

/** The latest refusals of one endpoint. */
export class Refusals {
  readonly #latest: Refusal[] = [];

  add(refusal: Omit<Refusal, "at">): void {
    this.#latest.push({ at: new Date(), ...refusal });
    if (this.#latest.length > maxRefusals) this.#latest.shift();
  }

  /** Oldest first. */
  get latest(): readonly Refusal[] {
    return this.#latest;
  }
}
