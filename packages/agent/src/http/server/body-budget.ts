import type { IncomingRequest } from "./exchange.ts";

/** How long a sender that was refused should wait, in seconds. */
const retryAfterSeconds = 1;

/** Too much is being received or waits for its delivery. The sender may try again later. */
export class BodyBudgetError extends Error {
  override readonly name = "BodyBudgetError";
  readonly retryAfterSeconds: number = retryAfterSeconds;

  constructor(maxBytes: number) {
    super(`requests in progress hold more than ${maxBytes} bytes`);
  }
}

interface Holding {
  readonly budget: BodyBudget;
  bytes: number;
  /** The answer is over, or the request was refused: it takes nothing any more. */
  over: boolean;
}

const holding = Symbol("what a request holds of a budget");

type HoldingRequest = IncomingRequest & { [holding]?: Holding };

/**
 * Bounds what the bodies of requests in progress take in memory together. A body counts by what has arrived of it, not by what was announced, until
 * the answer to its request is over. A request that is alone is never refused.
 */
export class BodyBudget {
  /** May change at any time; requests in progress keep what they hold. */
  maxBytes: number;
  #heldBytes = 0;
  #refused = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Requests that were refused so far. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Counts bytes that `request` takes from now on.
   *
   * @throws BodyBudgetError when the budget is spent; then the request holds nothing any more
   */
  take(request: HoldingRequest, bytes: number): void {
    const held = (request[holding] ??= { budget: this, bytes: 0, over: false });
    if (held.over) return;
    if (this.#heldBytes + bytes > this.maxBytes && this.#heldBytes !== held.bytes) {
      this.#refused += 1;
      this.release(request);
      throw new BodyBudgetError(this.maxBytes);
    }
    held.bytes += bytes;
    this.#heldBytes += bytes;
  }

  /** Gives back all that `request` holds. */
  release(request: HoldingRequest): void {
    const held = request[holding];
    if (held === undefined) return;
    this.#heldBytes -= held.bytes;
    held.bytes = 0;
    held.over = true;
  }
}

/** Gives back what the body of a request holds of its budget. The server calls it when the answer is over. */
export function releaseBody(request: HoldingRequest): void {
  request[holding]?.budget.release(request);
}
