import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Socket } from "node:net";

/** Who takes a body as it arrives. */
export interface BodySink {
  data(chunk: Buffer): void;
  /** All of it has come. */
  end(): void;
  /** The rest will not come. */
  broken(cause?: Error): void;
}

/** What all requests have in common. */
interface RequestFacts {
  readonly method?: string | undefined;
  /** Path and query as received. */
  readonly url?: string | undefined;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** Name, value, name, value … in the order of arrival. */
  readonly rawHeaders: string[];
  readonly httpVersionMajor: number;
  /** All of it has been received. */
  readonly complete: boolean;
  readonly socket: Socket;
}

/** A request of `node:http` or `node:http2`. */
export interface StreamedRequest extends RequestFacts, Readable {
  readonly deliver?: undefined;
}

/** A request that is no stream. */
export interface DeliveredRequest extends RequestFacts {
  /** Has the body brought to `sink`; once. */
  deliver(sink: BodySink): void;
  /** Lets go of what of the body nobody reads. */
  resume(): void;
  /** Breaks the request off, and so its connection. */
  destroy(): void;
}

/** What handlers see of a request. */
export type IncomingRequest = StreamedRequest | DeliveredRequest;

/** What handlers see of an answer: the common part of HTTP/1.1 and HTTP/2. */
export interface OutgoingResponse {
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  /** The whole answer has been handed to the network. */
  readonly writableFinished: boolean;
  /** Bytes that were written but not handed to the network yet. */
  readonly writableLength: number;
  readonly statusCode: number;
  setHeader(name: string, value: string): unknown;
  writeHead(status: number, headers: OutgoingHttpHeaders): unknown;
  write(chunk: Uint8Array): boolean;
  end(chunk?: Uint8Array | string): unknown;
  addTrailers(trailers: OutgoingHttpHeaders): void;
  /** Breaks the answer off: HTTP/1.1 loses the connection, HTTP/2 the stream. */
  destroy(): unknown;
  /**
   * `close` comes exactly once: after the answer has been sent, or when the client has gone before that. `gone` comes, where it can be known, when a client that may
   * have gone has at least closed its side; it may still read the answer.
   */
  on(event: "close" | "gone", listener: () => void): unknown;
}

/** Serves requests of the full server. */
export type RequestHandler = (request: StreamedRequest, response: OutgoingResponse) => void;

/** What is served without the machinery of streams. */
export interface PlainRoutes {
  /** Whether requests are of this kind. */
  readonly accepts: (method: string, url: string) => boolean;
  readonly handler: (request: DeliveredRequest, response: OutgoingResponse) => void;
}

/** Aborts when the client has gone before it had the whole answer. Whoever asks for it may abort it for other reasons too. */
export function disconnectController(response: OutgoingResponse): AbortController {
  const controller = new AbortController();
  const leave = (): void => {
    if (!response.writableFinished) controller.abort();
  };
  response.on("close", leave);
  response.on("gone", leave);
  return controller;
}

const sent = Symbol("bytes of body sent");

/** Kept with the answer: a table of them all is looked through at every collection of garbage. */
interface CountedResponse extends OutgoingResponse {
  [sent]?: number;
}

/** How many bytes of body an answer has, as far as {@link respond} or {@link countSent} know. */
export function bodyBytesSent(response: CountedResponse): number {
  return response[sent] ?? 0;
}

/** For those who write an answer themselves: adds to its size in the metrics. */
export function countSent(response: CountedResponse, bytes: number): void {
  if (bytes > 0) response[sent] = bodyBytesSent(response) + bytes;
}

/** Sends an answer in one piece, with its length. Does nothing when the answer was begun already. */
export function respond(response: OutgoingResponse, status: number, headers: OutgoingHttpHeaders, body: Uint8Array | string = ""): void {
  if (response.headersSent) return;
  const length = typeof body === "string" ? Buffer.byteLength(body) : body.byteLength;
  countSent(response, length);
  response.writeHead(status, { ...headers, "content-length": length });
  // A piece of no bytes would be written as a piece of its own.
  if (length === 0) response.end();
  else response.end(body);
}

/** A text for people, in the form of Go's `http.Error`. */
export function respondText(response: OutgoingResponse, status: number, text: string): void {
  respond(response, status, { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" }, `${text}\n`);
}
