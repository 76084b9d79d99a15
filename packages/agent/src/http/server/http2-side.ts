import type { Http2Server, ServerHttp2Session } from "node:http2";
import { createServer } from "node:http2";
import type { Socket } from "node:net";
import { timeLimit } from "../time-limit.ts";
import type { RequestHandler } from "./exchange.ts";
import { maxHeaderBytes } from "./http1-side.ts";

/** What one connection may use. 0 or absent: the default. */
export interface Http2Limits {
  readonly maxConcurrentStreams?: number;
  readonly connectionWindowBytes?: number;
  readonly streamWindowBytes?: number;
  readonly maxFrameBytes?: number;
  readonly decoderTableBytes?: number;
  readonly encoderTableBytes?: number;
  /** How long the connection is kept without a request, in milliseconds; the server's limit by default. */
  readonly idleTimeoutMs?: number;
}

interface Http2Timeouts {
  readonly idleTimeoutMs: number;
}

/** Windows that let a profile of ordinary size arrive without waiting for the receiver. */
const defaultStreamWindow = 1024 * 1024;
const defaultConnectionWindow = 4 * 1024 * 1024;

/** HTTP/2 on connections that somebody else accepted. */
export class Http2Side {
  readonly #server: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(handler: RequestHandler, { idleTimeoutMs }: Http2Timeouts, limits: Http2Limits = {}) {
    this.#server = createServer({ ...serverOptions(limits) }, handler);
    this.#server.on("session", (session) => this.#begin(session, limits, positive(timeLimit(limits.idleTimeoutMs ?? 0), idleTimeoutMs)));
    // Broken connections and misbehaving peers are the peers' problem: the session is closed, requests in progress see their `close`.
    this.#server.on("sessionError", () => {});
  }

  serve(socket: Socket): void {
    // HTTP/2 knows no half-closed connections: without this a client that closes its side would leave the session open.
    socket.allowHalfOpen = false;
    this.#server.emit("connection", socket);
    socket.resume();
  }

  /** Tells the clients to go elsewhere and lets requests in progress end. */
  close(): void {
    for (const session of this.#sessions) session.close();
  }

  #begin(session: ServerHttp2Session, { connectionWindowBytes }: Http2Limits, idleTimeoutMs: number): void {
    this.#sessions.add(session);
    session.once("close", () => this.#sessions.delete(session));
    session.setLocalWindowSize(positive(connectionWindowBytes, defaultConnectionWindow));
    if (idleTimeoutMs > 0) session.setTimeout(idleTimeoutMs, () => session.close());
  }
}

function serverOptions(limits: Http2Limits): Parameters<typeof createServer>[0] {
  const { maxConcurrentStreams, streamWindowBytes, maxFrameBytes, decoderTableBytes, encoderTableBytes } = limits;
  return {
    settings: {
      initialWindowSize: positive(streamWindowBytes, defaultStreamWindow),
      maxConcurrentStreams: positive(maxConcurrentStreams, 100),
      maxHeaderListSize: maxHeaderBytes,
      maxFrameSize: positive(maxFrameBytes, 16_384),
      headerTableSize: positive(decoderTableBytes, 4096),
    },
    maxDeflateDynamicTableSize: positive(encoderTableBytes, 4096),
  };
}

function positive(value: number | undefined, fallback: number): number {
  return value !== undefined && value > 0 ? value : fallback;
}
