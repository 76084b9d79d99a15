import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "../node-http.ts";
import type { Socket } from "node:net";
import type { PlainRoutes, RequestHandler } from "./exchange.ts";
import { PlainSide } from "./plain/plain-side.ts";

/** Most bytes of a request's line and headers, as in Go: label sets travel in the query of `/ingest`. */
export const maxHeaderBytes = 1024 * 1024;

interface Http1Timeouts {
  readonly readTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** HTTP/1.1 on connections that somebody else accepted. */
export class Http1Side {
  readonly #server: Server;
  readonly #plain: PlainSide | undefined;
  #closing = false;

  constructor(handler: RequestHandler, { readTimeoutMs, idleTimeoutMs }: Http1Timeouts, plain?: PlainRoutes) {
    if (plain !== undefined) {
      this.#plain = new PlainSide({ ...plain, handOver: (socket) => this.#serveAny(socket), readTimeoutMs, idleTimeoutMs });
    }
    const endWhenClosing = endSocketWhen(() => this.#closing);
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      if (this.#closing) response.setHeader("connection", "close");
      else response.on("close", endWhenClosing);
      handler(request, response);
    };
    this.#server = createServer(
      {
        maxHeaderSize: maxHeaderBytes,
        headersTimeout: readTimeoutMs,
        // Bodies are limited by whoever handles the request: some may take longer than others.
        requestTimeout: 0,
        keepAliveTimeout: idleTimeoutMs,
        connectionsCheckingInterval: Math.min(5000, Math.max(100, readTimeoutMs / 4)),
      },
      handle,
    );
    // Node starts to enforce its timeouts when a server listens, which this one never does itself.
    this.#server.emit("listening");
  }

  serve(socket: Socket): void {
    if (this.#plain === undefined) this.#serveAny(socket);
    else this.#plain.serveConnection(socket);
  }

  #serveAny(socket: Socket): void {
    this.#server.emit("connection", socket);
    socket.resume();
  }

  /** Ends idle connections now, the others after the answer they wait for. */
  close(): void {
    this.#closing = true;
    this.#plain?.close();
    this.#server.closeIdleConnections();
    this.#server.close();
  }
}

/** A listener for the end of any answer: made once, because every answer has it. */
function endSocketWhen(closing: () => boolean): (this: ServerResponse) => void {
  return function () {
    if (closing()) this.req.socket.end();
  };
}
