import type { IncomingRequest, OutgoingResponse } from "./exchange.ts";

/** Milliseconds from the end of a request's headers; 0 for no limit. */
export interface RequestLimits {
  /** How long its body may take. */
  readonly readMs: number;
  /** How long it may take until its answer is complete. */
  readonly writeMs: number;
}

/** Breaks off a request that takes too long. One timer at a time, because every request has it. */
export class RequestTimer {
  readonly #request: IncomingRequest;
  readonly #response: OutgoingResponse;
  readonly #limits: RequestLimits;
  #timer: NodeJS.Timeout | undefined;
  #isAnswered = false;

  constructor(request: IncomingRequest, response: OutgoingResponse, limits: RequestLimits) {
    this.#request = request;
    this.#response = response;
    this.#limits = limits;
    this.#wait(0);
  }

  /** To be called when the answer is over. A body that has not ended by then (the answer was that it is too large) keeps its limit. */
  answered(): void {
    this.#isAnswered = true;
    if (this.#request.complete) clearTimeout(this.#timer);
    else this.#timer?.unref();
  }

  #wait(passedMs: number): void {
    const { readMs, writeMs } = this.#limits;
    const nextMs = Math.min(readMs > passedMs ? readMs : Infinity, writeMs > passedMs ? writeMs : Infinity);
    if (nextMs < Infinity) this.#timer = setTimeout(RequestTimer.#check, nextMs - passedMs, this, nextMs);
  }

  static #check(this: void, timer: RequestTimer, passedMs: number): void {
    const { readMs, writeMs } = timer.#limits;
    const tooSlow = readMs > 0 && passedMs >= readMs && !timer.#request.complete;
    if (tooSlow) timer.#request.destroy();
    if (tooSlow || (writeMs > 0 && passedMs >= writeMs && !timer.#isAnswered)) timer.#response.destroy();
    else if (!timer.#isAnswered || !timer.#request.complete) timer.#wait(passedMs);
  }
}
