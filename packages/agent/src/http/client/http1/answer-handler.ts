import type { IncomingHttpHeaders } from "node:http";

/** Ends the exchange that it belongs to, as broken. */
export interface ExchangeController {
  abort(reason: Error): void;
}

/** Who hears of an answer, piece by piece. Either `onResponseEnd` or `onResponseError` comes last, once. */
export interface AnswerHandler {
  /** Before anything is sent; the controller is good until the end. */
  onRequestStart(controller: ExchangeController): void;
  /** Names of headers in lower case. */
  onResponseStart(controller: ExchangeController, status: number, headers: IncomingHttpHeaders, statusText?: string): void;
  /** The chunk is part of a larger buffer: what is kept of it must be copied. */
  onResponseData(controller: ExchangeController, chunk: Buffer): void;
  onResponseEnd(): void;
  onResponseError(controller: ExchangeController | undefined, error: Error): void;
}
