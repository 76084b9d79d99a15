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
  readonly #keepsProfiles: boolean;
  /** The path is that of the incoming request, so in practice always the same. */
  #url: { readonly path: string; readonly href: string } = { path: "", href: "" };

  /** `keepsProfiles`: there is a queue. Without one a sender hears of every 2xx as a success, as with the reference. */
  constructor(endpoint: Endpoint, keepsProfiles: boolean) {
    this.#endpoint = endpoint;
    this.#keepsProfiles = keepsProfiles;
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
    if (status >= 200 && status < 300) return this.#keepsProfiles && isWebPage(response) ? webPage(status) : undefined;
    const text = new TextDecoder().decode(body.subarray(0, maxQuotedBytes));
    const location = response.headers.get("location");
    const hint = this.#keepsProfiles && location !== undefined ? ` (to ${location}: is that the server's URL, or a login?)` : "";
    return failure(codeOfHttpStatus(status), `remote error: pyroscope write error: status=${status} msg=${text}${hint}`, {
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

/** What no server of profiles answers, but a login or a user interface in front of one does. */
function isWebPage({ headers, body }: HttpResponse): boolean {
  return (
    /^text\/html\s*(;|$)/i.test(headers.get("content-type") ?? "") &&
    /^\s*</.test(new TextDecoder().decode(body.subarray(0, maxQuotedBytes)))
  );
}

function webPage(status: number): Failure {
  const message = `unknown: a web page instead of an answer (status=${status}): is there a login before the server, or is the URL that of its user interface?`;
  return failure("unknown", message, { retryable: true });
}
