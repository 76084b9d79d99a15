import { DeliveryError } from "../../component/receiver.ts";
import { BodyBudgetError } from "../server/body-budget.ts";
import { BodyTooLargeError, BodyTruncatedError } from "../server/body.ts";
import { ContentDecodingError } from "../server/content-encoding.ts";
import type { RpcCode } from "./codes.ts";

export interface RpcErrorOptions extends ErrorOptions {
  /** The status of the answer that this was read from. */
  readonly status?: number | undefined;
  /** The headers of that answer, names in lower case. */
  readonly headers?: ReadonlyMap<string, string> | undefined;
  /** How long the client should wait before it tries again. */
  readonly retryAfterSeconds?: number | undefined;
}

/** A call that failed, with the code that goes over the wire. `message` is without the code. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: RpcCode;
  readonly status: number | undefined;
  readonly headers: ReadonlyMap<string, string> | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: RpcCode, message: string, { status, headers, retryAfterSeconds, ...options }: RpcErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.status = status;
    this.headers = headers;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Any thrown thing as an error of a call: delivery errors keep their code, those of reading a message get the fitting one, others are `unknown`. */
  static from(error: unknown): RpcError {
    if (error instanceof RpcError) return error;
    if (error instanceof DeliveryError) return new RpcError(error.code, error.message, { cause: error });
    if (error instanceof BodyTooLargeError) {
      return new RpcError("resource_exhausted", `message is larger than configured max ${error.maxBytes}`, { cause: error });
    }
    if (error instanceof BodyBudgetError) {
      return new RpcError("resource_exhausted", error.message, { retryAfterSeconds: error.retryAfterSeconds, cause: error });
    }
    if (error instanceof BodyTruncatedError) return new RpcError("unknown", `read message: ${error.message}`, { cause: error });
    if (error instanceof ContentDecodingError) {
      return new RpcError(error.code === "too_large" ? "resource_exhausted" : "invalid_argument", `decompress: ${error.message}`, {
        cause: error,
      });
    }
    return new RpcError("unknown", error instanceof Error ? error.message : String(error), { cause: error });
  }

  /** As in log lines and in the errors of `pyroscope.write`: `unavailable: connection refused`. */
  override toString(): string {
    return `${this.code}: ${this.message}`;
  }
}
