import type { Socket } from "node:net";
import type { Agent, buildConnector } from "undici";
import { Connector } from "./connector.ts";
import type { ConnectorOptions } from "./connector.ts";
import { Exchange } from "./exchange.ts";
import { HttpClientError } from "./http-client-error.ts";
import type { HttpRequest, HttpResponse } from "./http-message.ts";
import type { Patience } from "./patience.ts";
import { proxyAuthorization } from "./proxy-rules.ts";
import { wireBody } from "./wire-body.ts";

/** How long a connection is kept without a request. */
const idleTimeoutMs = 5 * 60_000;

/** Most bytes of an answer's headers. */
const maxHeaderBytes = 1024 * 1024;

/** How often the peer of a silent HTTP/2 connection is asked whether it is still there. */
const pingIntervalMs = 60_000;

/** One request, complete but for what the route to the server adds. */
export interface WireRequest {
  readonly method: string;
  readonly url: URL;
  /** Name, value, name, value …; others may use the same list. */
  readonly headers: string[];
  /** A `Host` header is among them. */
  readonly ownHost: boolean;
  readonly closeAfter: boolean;
  readonly body: HttpRequest["body"];
  readonly maxResponseBytes: number;
  readonly onData: ((chunk: Uint8Array) => void) | undefined;
}

/** Sends requests over kept connections. */
export class Transport {
  readonly #connector: Connector;
  readonly #places = new Places();
  readonly #http2: boolean;
  #starting: Promise<Agent> | undefined;
  /** Once it has started. */
  #agent: Agent | undefined;
  /** Connections begun so far: a request during which it stays the same used a kept one. */
  #connects = 0;
  #closed = false;

  constructor(options: ConnectorOptions) {
    this.#connector = new Connector(options);
    this.#http2 = options.http2;
  }

  /**
   * The answer, of any status. Rejects with a {@link HttpClientError}, also when `patience` ends. A GET or HEAD that meets a kept connection in the moment
   * when the server closes it is sent once more, as RFC 9110 (9.2.2) allows.
   */
  send(request: WireRequest, patience: Patience): Promise<HttpResponse> {
    const mayRepeat = request.method === "GET" || request.method === "HEAD";
    return mayRepeat ? this.#sendOrRepeat(request, patience) : this.#sendOnce(request, patience);
  }

  async #sendOrRepeat(request: WireRequest, patience: Patience): Promise<HttpResponse> {
    const connects = this.#connects;
    try {
      return await this.#sendOnce(request, patience);
    } catch (error) {
      const hungUp = error instanceof HttpClientError && error.code === "closed" && !error.answered;
      if (!hungUp || connects !== this.#connects) throw error;
      return this.#sendOnce(request, patience);
    }
  }

  #sendOnce(request: WireRequest, patience: Patience): Promise<HttpResponse> {
    if (this.#closed) return Promise.reject(new HttpClientError("canceled", "the client is closed"));
    if (this.#agent !== undefined) return this.#dispatch(this.#agent, request, patience);
    return (this.#starting ??= this.#start()).then((agent) => this.#dispatch((this.#agent = agent), request, patience));
  }

  #dispatch(agent: Agent, request: WireRequest, patience: Patience): Promise<HttpResponse> {
    const { url } = request;
    const proxy = this.#connector.forwardProxy(url);
    const { host, origin, path } = this.#places.of(url);
    const { body, length } = wireBody(request.body);
    const routed = proxy === undefined ? request.headers : forwardHeaders(request, proxy);
    const headers = length === undefined ? routed : [...routed, "content-length", length];
    return new Promise((resolve, reject) => {
      const exchange = new Exchange({ host, maxBytes: request.maxResponseBytes, onData: request.onData }, resolve, reject);
      patience.onEnd = (failure) => exchange.fail(failure);
      if (patience.failure !== undefined) {
        reject(patience.failure);
        return;
      }
      agent.dispatch(
        {
          origin: proxy?.origin ?? origin,
          path: proxy === undefined ? path : origin + path,
          method: request.method,
          headers,
          body,
          ...(request.closeAfter && { reset: true }),
        },
        exchange,
      );
    });
  }

  /** Lets requests in progress end, then closes the connections. */
  async close(): Promise<void> {
    this.#closed = true;
    await (await this.#starting)?.close();
  }

  /** Closes all connections now, also those that are still being opened. */
  async destroy(): Promise<void> {
    this.#closed = true;
    this.#connector.abandon();
    await (await this.#starting)?.destroy();
  }

  async #start(): Promise<Agent> {
    const { Agent } = await import("./undici.ts");
    return new Agent({
      allowH2: this.#http2,
      keepAliveTimeout: idleTimeoutMs,
      keepAliveMaxTimeout: idleTimeoutMs,
      maxHeaderSize: maxHeaderBytes,
      // The caller's patience is the only clock.
      headersTimeout: 0,
      bodyTimeout: 0,
      h2Options: { pingInterval: pingIntervalMs },
      connect: (place, done) => void this.#connect(place, done),
    });
  }

  async #connect({ protocol, hostname, port }: buildConnector.Options, done: buildConnector.Callback): Promise<void> {
    this.#connects += 1;
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    let socket: Socket;
    try {
      socket = await this.#connector.connect(new URL(`${protocol}//${host}${port === "" ? "" : `:${port}`}`));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)), null);
      return;
    }
    done(null, socket);
  }
}

/** What a request needs of its URL. */
class Places {
  #url: URL | undefined;
  #place = { host: "", origin: "", path: "" };

  /** Callers ask about the same URL, which must not change, again and again: the answer for the last one is remembered. */
  of(url: URL): { readonly host: string; readonly origin: string; readonly path: string } {
    if (this.#url !== url) {
      this.#url = url;
      this.#place = { host: url.host, origin: url.origin, path: url.pathname + url.search };
    }
    return this.#place;
  }
}

function forwardHeaders({ headers, ownHost, url }: WireRequest, proxy: URL): string[] {
  const authorization = proxyAuthorization(proxy);
  return [
    ...headers,
    ...(ownHost ? [] : ["host", url.host]),
    ...(authorization === undefined ? [] : ["proxy-authorization", authorization]),
  ];
}
