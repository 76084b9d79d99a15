import type { IncomingRequest, OutgoingResponse } from "./exchange.ts";

/** Milliseconds from the end of a request's headers; 0 for no limit. */
export interface RequestLimits {
  /** How long its body may take. */
  readonly readMs: number;
  /** How long it may take until its answer is complete. */
  readonly writeMs: number;
}

/** Breaks off a request that takes too long, until its answer is over and it is told to {@link stop}. One timer at a time, because every request has it. */
export class RequestTimer {
  readonly #request: IncomingRequest;
  readonly #response: OutgoingResponse;
  readonly #limits: RequestLimits;
  #timer: NodeJS.Timeout | undefined;

  constructor(request: IncomingRequest, response: OutgoingResponse, limits: RequestLimits) {
    this.#request = request;
    this.#response = response;
    this.#limits = limits;
    this.#wait(0);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(passedMs: number): void {
    const { readMs, writeMs } = this.#limits;
    const next = Math.min(readMs > passedMs ? readMs : Infinity, writeMs > passedMs ? writeMs : Infinity);
    if (next < Infinity) this.#timer = setTimeout(RequestTimer.#check, next - passedMs, this, next);
  }

  static #check(this: void, timer: RequestTimer, passedMs: number): void {
    const { readMs, writeMs } = timer.#limits;
    const late = (readMs > 0 && passedMs >= readMs && !timer.#request.complete) || (writeMs > 0 && passedMs >= writeMs);
    if (late) timer.#response.destroy();
    else timer.#wait(passedMs);
  }
}
