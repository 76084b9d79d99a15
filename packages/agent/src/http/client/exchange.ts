import type { IncomingHttpHeaders } from "node:http";
import { HttpClientError } from "./http-client-error.ts";
import type { AnswerHandler, ExchangeController } from "./http1/answer-handler.ts";
import type { HttpResponse } from "./http-message.ts";
import { networkError } from "./network-error.ts";

interface ExchangeOptions {
  readonly host: string;
  readonly maxBytes: number;
  readonly onData: ((chunk: Uint8Array) => void) | undefined;
}

/** One request on its way, and its answer. */
export class Exchange implements AnswerHandler {
  readonly #options: ExchangeOptions;
  readonly #resolve: (response: HttpResponse) => void;
  readonly #reject: (error: HttpClientError) => void;
  readonly #chunks: Buffer[] = [];
  #length = 0;
  #status = 0;
  #statusText = "";
  #headers: IncomingHttpHeaders = {};
  #controller: ExchangeController | undefined;
  #failure: HttpClientError | undefined;

  constructor(options: ExchangeOptions, resolve: (response: HttpResponse) => void, reject: (error: HttpClientError) => void) {
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Nobody waits for the answer any more. */
  get isOver(): boolean {
    return this.#failure !== undefined;
  }

  /** Ends it now. A request that still waits for a connection is dropped when it gets one. */
  fail(failure: HttpClientError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#chunks.length = 0;
    this.#controller?.abort(failure);
    this.#rejectWith(failure);
  }

  onRequestStart(controller: ExchangeController): void {
    this.#controller = controller;
    if (this.#failure !== undefined) controller.abort(this.#failure);
  }

  onResponseStart(_: ExchangeController, status: number, headers: IncomingHttpHeaders, statusText?: string): void {
    // Interim answers such as 103 come before the real one.
    if (status < 200) return;
    this.#status = status;
    this.#statusText = statusText ?? "";
    this.#headers = headers;
    if (!this.#streams && Number(headers["content-length"]) > this.#options.maxBytes) this.#tooLarge();
  }

  onResponseData(_: ExchangeController, chunk: Buffer): void {
    if (this.#failure !== undefined) return;
    if (this.#streams) {
      this.#options.onData?.(chunk);
      return;
    }
    this.#length += chunk.length;
    if (this.#length > this.#options.maxBytes) this.#tooLarge();
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    // The chunks are views of larger buffers that would be kept alive by them.
    const body = Buffer.concat(this.#chunks, this.#length);
    const response = { status: this.#status, statusText: this.#statusText, headers: firstValues(this.#headers), body };
    this.#controller = undefined;
    this.#resolve(response);
  }

  onResponseError(_: ExchangeController | undefined, error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = networkError(error, this.#options.host, this.#status !== 0);
    this.#rejectWith(this.#failure);
  }

  /** Whether the body is passed on rather than kept: an error's is kept, because it says what is wrong. */
  get #streams(): boolean {
    return this.#options.onData !== undefined && this.#status >= 200 && this.#status < 300;
  }

  #rejectWith(failure: HttpClientError): void {
    const { code, reason, cause } = failure;
    this.#reject(this.#status === 0 ? failure : new HttpClientError(code, reason, { answered: true, cause }));
  }

  #tooLarge(): void {
    this.fail(new HttpClientError("too_large", `response body is larger than ${this.#options.maxBytes} bytes`));
  }
}

function firstValues(headers: IncomingHttpHeaders): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const name in headers) {
    const value = headers[name];
    const first = typeof value === "string" ? value : value?.[0];
    if (first !== undefined) values.set(name, first);
  }
  return values;
}
