import { longestTimerMs } from "../time-limit.ts";
import { RpcError } from "./rpc-error.ts";

/** The value of `Connect-Timeout-Ms`: at most ten digits of milliseconds. */
export function parseConnectTimeout(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (text.length > 10) throw new RpcError("invalid_argument", `parse timeout: ${JSON.stringify(text)} has >10 digits`);
  if (!/^[+-]?\d+$/.test(text)) {
    throw new RpcError("invalid_argument", `parse timeout: strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return Number(text);
}

const unitMilliseconds: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000_001 };

/** The value of `grpc-timeout`: at most eight digits and a unit. */
export function parseGrpcTimeout(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const unit = unitMilliseconds[text.slice(-1)];
  if (unit === undefined) throw new RpcError("invalid_argument", `protocol error: timeout ${JSON.stringify(text)} has invalid unit`);
  const digits = text.slice(0, -1);
  if (!/^\d+$/.test(digits)) throw new RpcError("invalid_argument", `protocol error: invalid timeout ${JSON.stringify(text)}`);
  if (Number(digits) > 99_999_999) throw new RpcError("invalid_argument", `protocol error: timeout ${JSON.stringify(text)} is too long`);
  return Number(digits) * unit;
}

/** When a call has to end: makes `controller`, which may abort for other reasons too, abort at the deadline. */
export class Deadline {
  /** Milliseconds since 1970. */
  readonly at: number | undefined;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number | undefined, controller: AbortController) {
    if (timeoutMs === undefined) return;
    this.at = Date.now() + timeoutMs;
    if (timeoutMs > longestTimerMs) return;
    this.#timer = setTimeout(expire, Math.max(0, timeoutMs), controller);
  }

  cancel(): void {
    clearTimeout(this.#timer);
  }
}

function expire(controller: AbortController): void {
  controller.abort(new RpcError("deadline_exceeded", "context deadline exceeded"));
}
