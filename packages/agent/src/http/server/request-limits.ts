import type { IncomingRequest, OutgoingResponse } from "./exchange.ts";

/** Milliseconds from the end of a request's headers; 0 for no limit. */
export interface RequestLimits {
  /** How long its body may take. */
  readonly readMs: number;
  /** How long it may take until its answer is complete. */
  readonly writeMs: number;
}

/**
 * Breaks off a request that takes too long. The returned function is to be called when its answer is over; a body that has not ended by then (the answer
 * was that it is too large) keeps its limit. One timer at a time, because every request has it.
 */
export function limitRequest(request: IncomingRequest, response: OutgoingResponse, { readMs, writeMs }: RequestLimits): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isAnswered = false;
  const wait = (passedMs: number): void => {
    const next = [readMs, writeMs].filter((limit) => limit > passedMs);
    if (next.length > 0) timer = setTimeout(check, Math.min(...next) - passedMs, Math.min(...next));
  };
  const check = (passedMs: number): void => {
    const tooSlow = readMs > 0 && passedMs >= readMs && !request.complete;
    if (tooSlow) request.destroy();
    if (tooSlow || (writeMs > 0 && passedMs >= writeMs && !isAnswered)) response.destroy();
    else if (!isAnswered || !request.complete) wait(passedMs);
  };
  wait(0);
  return () => {
    isAnswered = true;
    if (request.complete) clearTimeout(timer);
    else timer?.unref();
  };
}
