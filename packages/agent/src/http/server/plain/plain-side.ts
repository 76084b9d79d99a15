import type { Socket } from "node:net";
import type { DeliveredRequest, OutgoingResponse, PlainRoutes } from "../exchange.ts";
import type { PlainHost } from "./plain-connection.ts";
import { PlainConnection } from "./plain-connection.ts";
import type { PlainHead } from "./request-head.ts";

export interface PlainSideOptions extends PlainRoutes {
  /** Takes connections on which something else is said. */
  handOver(socket: Socket): void;
  /** How long a new connection may be silent; 0 for no limit. */
  readonly readTimeoutMs: number;
  /** How long a connection is kept without a request; 0 for no limit. */
  readonly idleTimeoutMs: number;
}

/** Idle connections are kept a little longer than their clients were told, so that no request meets the end of its connection. */
const idleBufferMs = 1000;

/**
 * Serves plain requests over HTTP/1.1 with less work than `node:http`: no streams around a request, no timers of its own for a connection. The time limits of
 * a request are up to whoever serves it.
 */
export class PlainSide implements PlainHost {
  readonly keepAliveLines: string;
  isClosing = false;
  readonly #options: PlainSideOptions;
  readonly #connections = new Set<PlainConnection>();
  /** Runs while there are connections. */
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PlainSideOptions) {
    this.#options = options;
    const { idleTimeoutMs } = options;
    const hint = idleTimeoutMs > 0 ? `Keep-Alive: timeout=${Math.floor(idleTimeoutMs / 1000)}\r\n` : "";
    this.keepAliveLines = `Connection: keep-alive\r\n${hint}`;
  }

  serveConnection(socket: Socket): void {
    this.#timer ??= this.#startTimer();
    this.#connections.add(new PlainConnection(socket, this));
  }

  accepts({ method, url }: PlainHead): boolean {
    return this.#options.accepts(method, url);
  }

  serve(request: DeliveredRequest, response: OutgoingResponse): void {
    this.#options.handler(request, response);
  }

  handOver(socket: Socket): void {
    this.#options.handOver(socket);
  }

  left(connection: PlainConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Ends idle connections now, the others after the answer they wait for. */
  close(): void {
    this.isClosing = true;
    for (const connection of this.#connections) connection.closeIfIdle();
  }

  #startTimer(): NodeJS.Timeout {
    const { readTimeoutMs, idleTimeoutMs } = this.#options;
    const shortest = Math.min(readTimeoutMs || Infinity, idleTimeoutMs || Infinity);
    return setInterval(() => this.#endIdle(), Math.min(5000, Math.max(100, shortest / 4))).unref();
  }

  #endIdle(): void {
    const { readTimeoutMs, idleTimeoutMs } = this.#options;
    const now = performance.now();
    for (const connection of this.#connections) {
      const idleMs = connection.idleSince === undefined ? 0 : now - connection.idleSince;
      if (connection.isNew) {
        if (readTimeoutMs > 0 && idleMs > readTimeoutMs) connection.timeOut();
      } else if (idleTimeoutMs > 0 && idleMs > idleTimeoutMs + idleBufferMs) connection.closeIfIdle();
    }
  }
}
