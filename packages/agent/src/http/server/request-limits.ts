import type { IncomingRequest, OutgoingResponse } from "./exchange.ts";

/** Milliseconds from the end of a request's headers; 0 for no limit. */
export interface RequestLimits {
  /** How long its body may take. */
  readonly readMs: number;
  /** How long it may take until its answer is complete. */
  readonly writeMs: number;
}

/** Breaks off a request that takes too long. The returned function is to be called when its answer is over. One timer at a time, because every request has it. */
export function limitRequest(request: IncomingRequest, response: OutgoingResponse, { readMs, writeMs }: RequestLimits): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = (passedMs: number): void => {
    const next = [readMs, writeMs].filter((limit) => limit > passedMs);
    if (next.length > 0) timer = setTimeout(check, Math.min(...next) - passedMs, Math.min(...next));
  };
  const check = (passedMs: number): void => {
    const late = (readMs > 0 && passedMs >= readMs && !request.complete) || (writeMs > 0 && passedMs >= writeMs);
    if (late) response.destroy();
    else wait(passedMs);
  };
  wait(0);
  return () => clearTimeout(timer);
}
