/**
 * Why there was no answer. `refused`: nobody listens; `dns`: the name is unknown; `tls`: the handshake failed; `closed`: the connection ended in the
 * middle; `canceled`: the caller gave up; `too_large`: the answer exceeds the limit.
 */
export type HttpFailure = "timeout" | "canceled" | "refused" | "dns" | "tls" | "closed" | "too_large" | "other";

/** A request without an answer. An answer of any status is not an error. */
export class HttpClientError extends Error {
  override readonly name = "HttpClientError";
  readonly code: HttpFailure;
  /** The message without the method and URL in front: `dial tcp 127.0.0.1:1: connect: connection refused`. */
  readonly reason: string;

  /** `prefix` is what stands before the reason, e.g. `Post "http://127.0.0.1:1": `. */
  constructor(code: HttpFailure, reason: string, { prefix = "", ...options }: ErrorOptions & { readonly prefix?: string } = {}) {
    super(prefix + reason, options);
    this.code = code;
    this.reason = reason;
  }

  /** The same failure as part of a request. */
  within(prefix: string): HttpClientError {
    return new HttpClientError(this.code, this.reason, { prefix, cause: this.cause ?? this });
  }
}
