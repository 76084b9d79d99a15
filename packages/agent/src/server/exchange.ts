import type { IncomingRequest, OutgoingResponse } from "../http/server/exchange.ts";
import { respond } from "../http/server/exchange.ts";

/** One request on its way through the routes. */
export interface Exchange {
  readonly request: IncomingRequest;
  readonly response: OutgoingResponse;
  readonly method: string;
  /** Decoded and clean. */
  readonly path: string;
  readonly query: URLSearchParams;
}

export type Handler = (exchange: Exchange) => void | Promise<void>;

const plainText = { "content-type": "text/plain; charset=utf-8" };

/** A line of text, without the headers of an error. */
export function sendLine({ response }: Exchange, status: number, line: string): void {
  respond(response, status, plainText, `${line}\n`);
}

/** The form of Go's `http.Error`. */
export function sendError({ response }: Exchange, status: number, line: string): void {
  respond(response, status, { ...plainText, "x-content-type-options": "nosniff" }, `${line}\n`);
}

export function sendNotFound(exchange: Exchange): void {
  sendError(exchange, 404, "404 page not found");
}
