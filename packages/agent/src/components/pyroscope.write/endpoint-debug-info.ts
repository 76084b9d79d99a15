import type { DebugInfoCall, DebugInfoClient } from "../../component/debug-info-client.ts";
import type { DeliveryContext } from "../../component/receiver.ts";
import { DeliveryError } from "../../component/receiver.ts";
import { HttpClientError } from "../../http/client/http-client-error.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "../../http/client/http-message.ts";
import { identityHeader } from "./arguments.ts";
import { connectFailure } from "./connect-answer.ts";
import type { Endpoint } from "./endpoint.ts";
import { mergeHeaders, urlBelow } from "./endpoint.ts";
import { codeOfNoAnswer } from "./failure.ts";
import { answerBody, maxAnswerBytes } from "./http-answer.ts";

const service = "debuginfo.v1alpha1.DebuginfoService";

/** Hands debug information to one endpoint. Nothing is tried again here: the uploader asks again by itself. */
export class EndpointDebugInfo implements DebugInfoClient {
  readonly #endpoint: Endpoint;
  readonly #client: HttpClient;

  constructor(endpoint: Endpoint, client: HttpClient) {
    this.#endpoint = endpoint;
    this.#client = client;
  }

  async call({ method, codec, message }: DebugInfoCall, context: DeliveryContext): Promise<Uint8Array> {
    const response = await this.#send(`${service}/${method}`, context, {
      headers: mergeHeaders(this.#endpoint.headers, [
        ["Content-Type", `application/${codec}`],
        ["Connect-Protocol-Version", "1"],
        ["Accept-Encoding", "gzip"],
      ]),
      body: message,
      timeoutMs: this.#endpoint.remoteTimeoutMs,
    });
    if (response.status !== 200) throw connectFailure(response, false).error;
    return answerBody(response);
  }

  async upload(buildId: string, content: AsyncIterable<Uint8Array>, context: DeliveryContext): Promise<void> {
    const response = await this.#send(`${service}/Upload/${encodeURIComponent(buildId)}`, context, {
      // A file is sent without what says who sends it, as the reference does.
      headers: this.#endpoint.headers.filter(([name]) => name !== identityHeader),
      body: content,
    });
    if (response.status !== 200) throw connectFailure(response, false).error;
  }

  async #send(
    path: string,
    { signal, deadline }: DeliveryContext,
    rest: Pick<HttpRequest, "headers" | "body" | "timeoutMs">,
  ): Promise<HttpResponse> {
    const remaining = deadline === undefined ? undefined : Math.max(1, deadline - Date.now());
    const timeoutMs = Math.min(rest.timeoutMs ?? Infinity, remaining ?? Infinity);
    try {
      return await this.#client.send({
        method: "POST",
        url: urlBelow(this.#endpoint, path),
        ...rest,
        timeoutMs: timeoutMs === Infinity ? undefined : timeoutMs,
        signal,
        maxResponseBytes: maxAnswerBytes,
      });
    } catch (error) {
      if (!(error instanceof HttpClientError)) throw error;
      const code = codeOfNoAnswer(error);
      throw new DeliveryError(`${code}: ${error.reason}`, { code, retryable: code !== "canceled", cause: error });
    }
  }
}
