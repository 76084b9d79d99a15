import type { DeliveryCode } from "../../component/receiver.ts";
import { DeliveryError } from "../../component/receiver.ts";
import type { HttpClientError } from "../../http/client/http-client-error.ts";

/** A server's `Retry-After` is honoured up to this. */
export const maxRetryAfterMs = 5 * 60_000;

/** Why one attempt did not deliver. */
export interface Failure {
  readonly error: DeliveryError;
  /** A word for the accounts: the code that the server gave, else `http_413` and so on. The code that an HTTP status stands for says less. */
  readonly reason: string;
  /** How long the server asked us to wait (`Retry-After`), in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** Codes of failures that pass by themselves. `resource_exhausted` does too, unless the configuration says otherwise. */
const passing: ReadonlySet<DeliveryCode> = new Set<DeliveryCode>([
  "deadline_exceeded",
  "unknown",
  "internal",
  "unavailable",
  "data_loss",
  "aborted",
]);

export function isRetryableCode(code: DeliveryCode, retryTooManyRequests: boolean): boolean {
  return passing.has(code) || (code === "resource_exhausted" && retryTooManyRequests);
}

/** Whether a refusal by HTTP status alone may pass: 408, 429 (if configured) and everything from 500 on. */
export function isRetryableStatus(status: number, retryTooManyRequests: boolean): boolean {
  return status >= 500 || status === 408 || (status === 429 && retryTooManyRequests);
}

/**
 * Whether a profile in the queue is to be tried again: also when a proxy wanted another login (407), or there is a way to elsewhere (3xx), such as to a login
 * or to https. That says nothing about the profile.
 */
export function mayPassLater({ error }: Failure): boolean {
  const { retryable, status = 0 } = error;
  return retryable || status === 407 || (status >= 300 && status < 400);
}

/** The code of a request that got no answer. */
export function codeOfNoAnswer({ code }: HttpClientError): DeliveryCode {
  if (code === "timeout") return "deadline_exceeded";
  return code === "canceled" ? "canceled" : "unavailable";
}

/** `Retry-After` in milliseconds: seconds or an HTTP date (RFC 9110, 10.2.3); undefined when absent, unreadable or in the past. */
export function retryAfterMs(value: string | undefined, now: number = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return wait > 0 ? wait : undefined;
}

/** The {@link Failure.reason} of an answer that has a status and no code. */
export function reasonOfStatus(status: number): string {
  return `http_${status}`;
}

interface FailureOptions {
  readonly retryable: boolean;
  readonly status?: number;
  readonly retryAfterMs?: number | undefined;
  /** Default: the code. */
  readonly reason?: string | undefined;
  readonly cause?: unknown;
}

export function failure(code: DeliveryCode, message: string, options: FailureOptions): Failure {
  const { retryAfterMs: wait, reason = code, ...rest } = options;
  return { error: new DeliveryError(message, { code, ...rest }), reason, retryAfterMs: wait };
}
