import type { HttpClientError } from "../../http/client/http-client-error.ts";
import type { HttpRequest, HttpResponse } from "../../http/client/http-message.ts";
import { judgeConnectAnswer } from "./connect-answer.ts";
import type { PushDelivery } from "./delivery.ts";
import type { Endpoint, Header } from "./endpoint.ts";
import { mergeHeaders, urlBelow, withTenant } from "./endpoint.ts";
import type { Failure } from "./failure.ts";
import { codeOfNoAnswer, failure } from "./failure.ts";
import { maxAnswerBytes } from "./http-answer.ts";
import type { Protocol } from "./protocol.ts";

/** `push.v1.PusherService/Push` as a Connect unary call: https://connectrpc.com/docs/protocol/#unary-request */
export class PushProtocol implements Protocol<PushDelivery> {
  readonly verb = "push";
  readonly #url: URL;
  readonly #retryTooManyRequests: boolean;
  readonly #headers: readonly Header[];
  readonly #usualTimeoutMs: number;
  readonly #usualHeaders: readonly Header[];

  constructor(endpoint: Endpoint) {
    this.#url = urlBelow(endpoint, "push.v1.PusherService/Push");
    this.#retryTooManyRequests = endpoint.retryTooManyRequests;
    this.#headers = mergeHeaders(endpoint.headers, [
      ["Content-Type", "application/proto"],
      ["Connect-Protocol-Version", "1"],
      ["Accept-Encoding", "gzip"],
    ]);
    this.#usualTimeoutMs = endpoint.remoteTimeoutMs;
    this.#usualHeaders = withTimeout(this.#headers, endpoint.remoteTimeoutMs);
  }

  request({ message, tenant }: PushDelivery, timeoutMs: number, signal: AbortSignal | undefined): HttpRequest {
    const timed = timeoutMs === this.#usualTimeoutMs ? this.#usualHeaders : withTimeout(this.#headers, timeoutMs);
    const headers = withTenant(timed, tenant);
    return { method: "POST", url: this.#url, headers, body: message, timeoutMs, signal, maxResponseBytes: maxAnswerBytes };
  }

  judge(response: HttpResponse): Failure | undefined {
    return judgeConnectAnswer(response, this.#retryTooManyRequests);
  }

  explain(error: HttpClientError): Failure {
    const code = codeOfNoAnswer(error);
    return failure(code, `${code}: ${error.reason}`, { retryable: code !== "canceled", cause: error });
  }
}

/** Ten digits are all that the header may have. */
function withTimeout(headers: readonly Header[], timeoutMs: number): readonly Header[] {
  return mergeHeaders(headers, [["Connect-Timeout-Ms", String(Math.min(Math.ceil(timeoutMs), 9_999_999_999))]]);
}
