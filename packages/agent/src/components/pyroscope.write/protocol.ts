import type { HttpClientError } from "../../http/client/http-client-error.ts";
import type { HttpRequest, HttpResponse } from "../../http/client/http-message.ts";
import type { Failure } from "./failure.ts";

/** How deliveries of one kind travel over HTTP to one endpoint. */
export interface Protocol<D> {
  /** As messages and metrics name it. */
  readonly verb: "push" | "ingest";
  /** `timeoutMs` is what this attempt may take; `signal` ends it early. */
  request(delivery: D, timeoutMs: number, signal: AbortSignal | undefined): HttpRequest;
  /** Undefined when the answer means that the endpoint has it. */
  judge(response: HttpResponse): Failure | undefined;
  /** What it means that there is no answer. */
  explain(error: HttpClientError): Failure;
}
