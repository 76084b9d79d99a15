import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import type { ServerTlsSettings } from "./arguments.ts";
import { releaseBody } from "./body-budget.ts";
import { ConnectionGate } from "./connection-gate.ts";
import type { IncomingRequest, OutgoingResponse, PlainRoutes, RequestHandler, StreamedRequest } from "./exchange.ts";
import { timeLimit } from "../time-limit.ts";
import type { Http2Limits, Http2Side } from "./http2-side.ts";
import { Http1Side } from "./http1-side.ts";
import { joinHostPort, listenError } from "./listen-error.ts";
import type { HttpServerMetrics } from "./metrics.ts";
import { detectHttp2 } from "./preface.ts";
import type { RequestLimits } from "./request-limits.ts";
import { RequestTimer } from "./request-limits.ts";
import type { TlsSide } from "./tls.ts";

export interface ListenOptions {
  /** Empty: every address of the host. */
  readonly address: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Called for every request. Must not throw. */
  readonly handler: RequestHandler;
  /** Requests of HTTP/1.1 that are served with less work. Must not throw, either. */
  readonly plain?: PlainRoutes | undefined;
  /** TLS when it names a certificate; HTTP/2 is then negotiated. */
  readonly tls?: ServerTlsSettings | undefined;
  /** Take clear-text HTTP/2 on the same port from clients that begin with its preface. */
  readonly http2ClearText?: boolean;
  readonly http2?: Http2Limits | undefined;
  /** Most connections served at once; 0, the default, for no limit. */
  readonly connectionLimit?: number;
  /** How long a request may take to arrive, body included; 0 for no limit. Default 30 s. */
  readonly readTimeoutMs?: number;
  /** How long the answer may take, from the end of the request's headers; 0 for no limit. Default 30 s. */
  readonly writeTimeoutMs?: number;
  /** How long a connection is kept without a request; 0 for no limit. Default 2 min. */
  readonly idleTimeoutMs?: number;
  /** Milliseconds for a request that has a time limit of its own, for reading and for answering; undefined for all others. */
  readonly timeLimitOf?: ((request: IncomingRequest) => number | undefined) | undefined;
  readonly metrics?: HttpServerMetrics | undefined;
  /** Told about changed certificates that cannot be used; the old ones stay in force. */
  readonly onCertificateError?: ((error: Error) => void) | undefined;
}

export interface RunningServer {
  readonly port: number;
  /** `host:port`. */
  readonly address: string;
  /** Takes no more connections, lets requests in progress end, and closes what is left after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Serves HTTP/1.1, and HTTP/2 where allowed, on one port. Rejects in Go's words when the address or the certificates cannot be used. */
export async function listen(options: ListenOptions): Promise<RunningServer> {
  const server = new HttpServer(options);
  await server.start();
  return server;
}

/** In milliseconds, 0 for no limit. */
interface Timeouts {
  readonly readTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

class HttpServer implements RunningServer {
  readonly #options: ListenOptions;
  readonly #timeouts: Timeouts;
  readonly #limits: RequestLimits;
  readonly #acceptor: Server;
  readonly #gate: ConnectionGate;
  readonly #http1: Http1Side;
  #http2: Promise<Http2Side> | undefined;
  #tls: TlsSide | undefined;

  constructor(options: ListenOptions) {
    this.#options = options;
    const limit = options.connectionLimit ?? 0;
    this.#timeouts = {
      readTimeoutMs: timeLimit(options.readTimeoutMs ?? 30_000),
      writeTimeoutMs: timeLimit(options.writeTimeoutMs ?? 30_000),
      idleTimeoutMs: timeLimit(options.idleTimeoutMs ?? 120_000),
    };
    this.#limits = { readMs: this.#timeouts.readTimeoutMs, writeMs: this.#timeouts.writeTimeoutMs };
    this.#http1 = new Http1Side((request, response) => this.#handle(request, response), this.#timeouts, this.#plainRoutes());
    this.#gate = new ConnectionGate(
      limit,
      (socket) => this.#serve(socket),
      (open) => options.metrics?.connections(open),
    );
    options.metrics?.connections(0);
    options.metrics?.connectionLimit(limit);
    this.#acceptor = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true }, (socket) => this.#gate.admit(socket));
  }

  get port(): number {
    return (this.#acceptor.address() as AddressInfo).port;
  }

  get address(): string {
    return joinHostPort((this.#acceptor.address() as AddressInfo).address, this.port);
  }

  async start(): Promise<void> {
    const { address, port, tls } = this.#options;
    if (tls !== undefined) {
      const { TlsSide } = await import("./tls.ts");
      this.#tls = TlsSide.create(tls, (socket) => this.#dispatch(socket, socket.alpnProtocol === "h2"));
    }
    await new Promise<void>((resolve, reject) => {
      const fail = (error: unknown): void => reject(listenError(address, port, error));
      this.#acceptor.once("error", fail);
      try {
        this.#acceptor.listen({ port, ...(address !== "" && { host: address }) }, () => {
          this.#acceptor.off("error", fail);
          resolve();
        });
      } catch (error) {
        fail(error);
      }
    });
  }

  async close(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#acceptor.close(() => resolve());
    });
    this.#gate.refuseWaiting();
    for (const socket of this.#gate.open) {
      if (socket.bytesRead === 0) socket.destroy();
    }
    this.#http1.close();
    void this.#http2?.then((http2) => http2.close());
    const timer = setTimeout(() => {
      for (const socket of this.#gate.open) socket.destroy();
    }, graceMs);
    await closed;
    clearTimeout(timer);
  }

  #serve(socket: Socket): void {
    if (this.#tls !== undefined) this.#tls.serve(socket, this.#options.onCertificateError);
    else if (this.#options.http2ClearText === true) this.#sniff(socket);
    else this.#dispatch(socket, false);
  }

  #sniff(socket: Socket): void {
    detectHttp2(socket, this.#timeouts.readTimeoutMs, (http2) => this.#dispatch(socket, http2));
  }

  #dispatch(socket: Socket, http2: boolean): void {
    if (!http2) this.#http1.serve(socket);
    else void this.#http2Side().then((side) => side.serve(socket));
  }

  /** Loaded when the first client speaks HTTP/2: most never do, and it costs memory. */
  #http2Side(): Promise<Http2Side> {
    this.#http2 ??= import("./http2-side.ts").then(({ Http2Side }) => {
      return new Http2Side((request, response) => this.#handle(request, response), this.#timeouts, this.#options.http2);
    });
    return this.#http2;
  }

  #plainRoutes(): PlainRoutes | undefined {
    const { plain } = this.#options;
    if (plain === undefined) return undefined;
    const handler: PlainRoutes["handler"] = (request, response) => {
      this.#observe(request, response);
      plain.handler(request, response);
    };
    return { ...plain, handler };
  }

  #handle(request: StreamedRequest, response: OutgoingResponse): void {
    this.#observe(request, response);
    this.#options.handler(request, response);
  }

  /** Counts a request and bounds its time. */
  #observe(request: IncomingRequest, response: OutgoingResponse): void {
    const { metrics, timeLimitOf } = this.#options;
    const observed = metrics?.observe(request, response);
    const own = timeLimitOf?.(request);
    const limits = own === undefined ? this.#limits : { readMs: timeLimit(own), writeMs: timeLimit(own) };
    const timer = new RequestTimer(request, response, limits);
    response.on("close", () => {
      timer.answered();
      observed?.();
      releaseBody(request);
    });
  }
}
