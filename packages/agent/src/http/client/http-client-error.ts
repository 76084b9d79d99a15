/**
 * Why there was no answer. `refused`: nobody listens; `dns`: the name is unknown; `tls`: the handshake failed; `closed`: the connection ended in the
 * middle; `canceled`: the caller gave up; `too_large`: the answer exceeds the limit.
 */
export type HttpFailure = "timeout" | "canceled" | "refused" | "dns" | "tls" | "closed" | "too_large" | "other";

interface HttpClientErrorOptions extends ErrorOptions {
  readonly prefix?: string;
  readonly answered?: boolean;
}

/** A request without an answer. An answer of any status is not an error. */
export class HttpClientError extends Error {
  override readonly name = "HttpClientError";
  readonly code: HttpFailure;
  /** The message without the method and URL in front: `dial tcp 127.0.0.1:1: connect: connection refused`. */
  readonly reason: string;
  /** The head of the answer had arrived: what failed is reading its body. */
  readonly answered: boolean;

  /** `prefix` is what stands before the reason, e.g. `Post "http://127.0.0.1:1": `. */
  constructor(code: HttpFailure, reason: string, { prefix = "", answered = false, ...options }: HttpClientErrorOptions = {}) {
    super(prefix + reason, options);
    this.code = code;
    this.reason = reason;
    this.answered = answered;
  }

  /** The same failure as part of a request. */
  within(prefix: string): HttpClientError {
    return new HttpClientError(this.code, this.reason, { prefix, answered: this.answered, cause: this.cause ?? this });
  }
}
