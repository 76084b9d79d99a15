import type { Socket } from "node:net";
import { Connector } from "./connector.ts";
import type { ConnectorOptions } from "./connector.ts";
import { Exchange } from "./exchange.ts";
import { HttpClientError } from "./http-client-error.ts";
import type { HttpRequest, HttpResponse } from "./http-message.ts";
import type { Connection } from "./http1/connection.ts";
import type { Http2 } from "./http1/server-connections.ts";
import { ServerConnections } from "./http1/server-connections.ts";
import { Http2Agent } from "./http2-agent.ts";
import type { Patience } from "./patience.ts";
import { proxyAuthorization } from "./proxy-rules.ts";
import { RequestHeads } from "./request-heads.ts";
import { http1Body, http2Body } from "./wire-body.ts";

/** When there are more, a server that speaks HTTP/2 is forgotten for each new one; when it is needed again it is asked anew what it speaks. */
const rememberedServers = 1000;

/** One request, complete but for what the route to the server adds. */
export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  /** Name, value, name, value …; others may use the same list. */
  readonly headers: readonly string[];
  /** A `Host` header is among them. */
  readonly ownHost: boolean;
  readonly closeAfter: boolean;
  readonly body: HttpRequest["body"];
  readonly maxResponseBytes: number;
  readonly onData: ((chunk: Uint8Array) => void) | undefined;
}

/** A request on its way through the transport. */
interface Sending {
  readonly request: WireRequest;
  readonly exchange: Exchange;
  /** Takes the request as a whole. */
  readonly proxy: URL | undefined;
  readonly server: ServerConnections;
}

/** Sends requests over kept connections: HTTP/1.1 by our own client, which costs half of what undici does, HTTP/2 by undici. */
export class Transport {
  readonly #connector: Connector;
  readonly #heads = new RequestHeads();
  readonly #servers = new Map<string, ServerConnections>();
  readonly #http2: Http2Agent;
  readonly #negotiates: boolean;
  #closed = false;

  constructor(options: ConnectorOptions) {
    this.#connector = new Connector(options);
    this.#negotiates = options.http2;
    this.#http2 = new Http2Agent(async (origin) => this.#servers.get(origin)?.takeSpare() ?? this.#connect(origin));
  }

  /**
   * The answer, of any status. Rejects with a {@link HttpClientError}, also when `patience` ends. A GET or HEAD that meets a kept connection in the moment
   * when the server closes it is sent once more, as RFC 9110 (9.2.2) allows.
   */
  send(request: WireRequest, patience: Patience): Promise<HttpResponse> {
    const mayRepeat = request.method === "GET" || request.method === "HEAD";
    return mayRepeat ? this.#sendOrRepeat(request, patience) : this.#sendOnce(request, patience);
  }

  /** Lets requests in progress end, then closes the connections. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const server of this.#servers.values()) server.close();
    await this.#http2.close();
  }

  /** Closes all connections now, also those that are still being opened. */
  async destroy(): Promise<void> {
    this.#closed = true;
    this.#connector.abandon();
    for (const server of this.#servers.values()) server.destroy();
    await this.#http2.destroy();
  }

  async #sendOrRepeat(request: WireRequest, patience: Patience): Promise<HttpResponse> {
    const use = { kept: false };
    try {
      return await this.#sendOnce(request, patience, use);
    } catch (error) {
      const hungUp = error instanceof HttpClientError && error.code === "closed" && !error.answered;
      if (!hungUp || !use.kept) throw error;
      return this.#sendOnce(request, patience);
    }
  }

  /** Notes in `use` whether the request went over a kept connection. */
  #sendOnce(request: WireRequest, patience: Patience, use?: { kept: boolean }): Promise<HttpResponse> {
    if (this.#closed) return Promise.reject(new HttpClientError("canceled", "the client is closed"));
    if (patience.failure !== undefined) return Promise.reject(patience.failure);
    const { url, maxResponseBytes, onData } = request;
    const proxy = this.#connector.forwardProxy(url);
    const { host, origin } = this.#heads.placeOf(url);
    const server = this.#serverOf(proxy?.origin ?? origin);
    return new Promise((resolve, reject) => {
      const exchange = new Exchange({ host, maxBytes: maxResponseBytes, onData }, resolve, reject);
      patience.onEnd = (failure) => exchange.fail(failure);
      const sending = { request, exchange, proxy, server };
      const connection = server.acquire();
      if (use !== undefined) use.kept = !(connection instanceof Promise);
      if (connection instanceof Promise) void this.#wait(connection, sending);
      else this.#start(connection, sending);
    });
  }

  async #wait(opening: Promise<Connection | Http2>, sending: Sending): Promise<void> {
    try {
      this.#start(await opening, sending);
    } catch (error) {
      sending.exchange.onResponseError(undefined, error instanceof Error ? error : new Error(String(error)));
    }
  }

  #start(connection: Connection | Http2, { request, exchange, proxy, server }: Sending): void {
    const { method, url, headers, ownHost, closeAfter, body } = request;
    const { origin, path } = this.#heads.placeOf(url);
    if (connection === "http2") {
      void this.#http2.dispatch({ origin, path, method, headers: headers as string[], body: http2Body(body) }, exchange);
      return;
    }
    if (exchange.isOver) {
      server.giveBack(connection);
      return;
    }
    let head: string;
    try {
      const options = { method, url, headers, ownHost, closeAfter };
      head = proxy === undefined ? this.#heads.headOf(options) : this.#heads.proxyHeadOf(options, proxyAuthorization(proxy));
    } catch (error) {
      server.giveBack(connection);
      throw error;
    }
    connection.send({ method, head, body: http1Body(body), keep: !closeAfter }, exchange);
  }

  #serverOf(origin: string): ServerConnections {
    const known = this.#servers.get(origin);
    if (known !== undefined) return known;
    if (this.#servers.size >= rememberedServers) this.#forgetOne();
    const server = new ServerConnections({
      connect: () => this.#connect(origin),
      negotiates: this.#negotiates && origin.startsWith("https:"),
      onUnused: () => {
        if (this.#servers.get(origin) === server) this.#servers.delete(origin);
      },
    });
    this.#servers.set(origin, server);
    return server;
  }

  /** Those that speak HTTP/1.1 are forgotten with their last connection. */
  #forgetOne(): void {
    for (const [origin, server] of this.#servers) {
      if (!server.speaksHttp2) continue;
      server.close();
      this.#servers.delete(origin);
      return;
    }
  }

  #connect(origin: string): Promise<Socket> {
    return this.#connector.connect(new URL(origin));
  }
}
