import type { HttpClientError } from "../../http/client/http-client-error.ts";
import type { HttpRequest, HttpResponse } from "../../http/client/http-message.ts";
import { codeOfHttpStatus } from "../../http/rpc/codes.ts";
import type { IngestDelivery } from "./delivery.ts";
import type { Endpoint, Header } from "./endpoint.ts";
import { mergeHeaders, urlBelow, withTenant } from "./endpoint.ts";
import type { Failure } from "./failure.ts";
import { codeOfNoAnswer, failure, isRetryableStatus, reasonOfStatus, retryAfterMs } from "./failure.ts";
import { maxAnswerBytes } from "./http-answer.ts";
import type { Protocol } from "./protocol.ts";

/** How much of a refusal's body goes into the error. */
const maxQuotedBytes = 2048;

/** `POST <endpoint>/ingest`: the request of the profiled program once more, with its own body, content types and query. */
export class IngestProtocol implements Protocol<IngestDelivery> {
  readonly verb = "ingest";
  readonly #endpoint: Endpoint;
  readonly #headers: readonly Header[];
  /** The path is that of the incoming request, so in practice always the same. */
  #url: { readonly path: string; readonly href: string } = { path: "", href: "" };

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
    // The host is that of the URL here: the reference lets only pushes override it.
    this.#headers = endpoint.headers.filter(([name]) => name.toLowerCase() !== "host");
  }

  request({ path, query, contentTypes, data, tenant }: IngestDelivery, timeoutMs: number, signal: AbortSignal | undefined): HttpRequest {
    if (this.#url.path !== path) this.#url = { path, href: urlBelow(this.#endpoint, path).href };
    const types = contentTypes.map((type): Header => ["Content-Type", type]);
    const headers = withTenant(this.#headers, tenant);
    return {
      method: "POST",
      url: query === "" ? this.#url.href : `${this.#url.href}?${query}`,
      headers: types.length === 0 ? headers : mergeHeaders(headers, types),
      body: data,
      timeoutMs,
      signal,
      maxResponseBytes: maxAnswerBytes,
    };
  }

  judge(response: HttpResponse): Failure | undefined {
    const { status, body } = response;
    if (status >= 200 && status < 300) return undefined;
    const text = new TextDecoder().decode(body.subarray(0, maxQuotedBytes));
    return failure(codeOfHttpStatus(status), `remote error: pyroscope write error: status=${status} msg=${text}`, {
      retryable: isRetryableStatus(status, this.#endpoint.retryTooManyRequests),
      status,
      reason: reasonOfStatus(status),
      retryAfterMs: retryAfterMs(response.headers.get("retry-after")),
    });
  }

  explain(error: HttpClientError): Failure {
    const code = codeOfNoAnswer(error);
    return failure(code, `do request: ${error.message}`, { retryable: code !== "canceled", cause: error });
  }
}
