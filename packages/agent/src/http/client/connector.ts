import type { OutgoingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Secret } from "../../schema/secret.ts";
import { joinHostPort } from "../server/listen-error.ts";
import { dial } from "./dial.ts";
import type { DialerMetrics } from "./dialer-metrics.ts";
import { HttpClientError } from "./http-client-error.ts";
import type { ProxyRules } from "./proxy-rules.ts";
import { hostOf, portOf, proxyAuthorization } from "./proxy-rules.ts";
import type { TlsSource } from "./tls-source.ts";

export interface ConnectorOptions {
  readonly tls: TlsSource;
  readonly proxies: ProxyRules;
  readonly proxyHeaders: ReadonlyMap<string, readonly Secret[]>;
  readonly userAgent: string;
  readonly http2: boolean;
  readonly metrics: DialerMetrics | undefined;
  /** All requests go through this socket of the local system, whatever their URL says; no proxy is asked. */
  readonly socketPath?: string | undefined;
}

/** Opens the connections of a client: directly or through a proxy, with TLS where the URL says so. Rejects with {@link HttpClientError}s. */
export class Connector {
  readonly #options: ConnectorOptions;
  /** Origins of proxies that take whole requests: they are connected to like servers. */
  readonly #forwarding = new Set<string>();
  readonly #abandoned = new AbortController();

  constructor(options: ConnectorOptions) {
    this.#options = options;
  }

  /** The proxy that a request is handed to as a whole, with its full URL: that of an `http` request. A SOCKS proxy only carries connections. */
  forwardProxy(url: URL): URL | undefined {
    if (url.protocol !== "http:" || this.#options.socketPath !== undefined) return undefined;
    const proxy = this.#options.proxies(url);
    if (proxy === undefined || isSocks(proxy)) return undefined;
    this.#forwarding.add(proxy.origin);
    return proxy;
  }

  /** A connection to the server of `origin`. HTTP/2 is agreed on when `http2` allows it; the connection's `alpnProtocol` tells. */
  async connect(origin: URL): Promise<Socket> {
    const host = hostOf(origin);
    const port = Number(portOf(origin));
    const forwarding = this.#forwarding.has(origin.origin);
    const direct = forwarding || this.#options.socketPath !== undefined;
    const proxy = direct ? undefined : this.#options.proxies(origin);
    const tcp = await this.#dial(proxy ?? origin, proxy !== undefined || forwarding);
    const abandon = (): unknown => tcp.destroy();
    this.#abandoned.signal.addEventListener("abort", abandon);
    try {
      const socket = proxy === undefined ? tcp : await this.#through(proxy, tcp, host, port, origin.protocol);
      if (origin.protocol !== "https:") return socket as Socket;
      return await this.#secure(socket, host, this.#options.http2 && !forwarding);
    } finally {
      this.#abandoned.signal.removeEventListener("abort", abandon);
    }
  }

  /** Gives up connections that are still being opened; no others are opened any more. */
  abandon(): void {
    this.#abandoned.abort();
  }

  async #dial(to: URL, proxy: boolean): Promise<Socket> {
    const { metrics, socketPath } = this.#options;
    const place = socketPath === undefined ? { host: hostOf(to), port: Number(portOf(to)) } : { path: socketPath };
    const dialed = dial(place, metrics, this.#abandoned.signal);
    return proxy ? asProxyFailure(dialed) : dialed;
  }

  async #through(proxy: URL, tcp: Socket, host: string, port: number, protocol: string): Promise<Duplex> {
    const connection = proxy.protocol === "https:" ? await asProxyFailure(this.#secure(tcp, hostOf(proxy), false)) : tcp;
    if (isSocks(proxy)) {
      const { openSocks } = await import("./socks5.ts");
      const name = decodeURIComponent(proxy.username);
      return openSocks(connection, host, port, name === "" ? undefined : { name, password: decodeURIComponent(proxy.password) });
    }
    if (protocol === "http:") return connection;
    const { openTunnel } = await import("./tunnel.ts");
    return openTunnel(connection, joinHostPort(host, port), this.#tunnelHeaders(proxy));
  }

  async #secure(socket: Duplex, host: string, http2: boolean): Promise<Socket> {
    const { shakeHands } = await import("./handshake.ts");
    return shakeHands(socket, host, this.#options.tls.current, http2 ? ["h2", "http/1.1"] : ["http/1.1"]);
  }

  #tunnelHeaders(proxy: URL): OutgoingHttpHeaders {
    const headers: OutgoingHttpHeaders = { "user-agent": this.#options.userAgent };
    for (const [name, values] of this.#options.proxyHeaders) headers[name] = values.map((value) => value.reveal());
    const authorization = proxyAuthorization(proxy);
    if (authorization !== undefined) headers["proxy-authorization"] = authorization;
    return headers;
  }
}

/** A failure to reach the proxy itself. */
async function asProxyFailure<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof HttpClientError ? error.within("proxyconnect tcp: ") : error;
  }
}

function isSocks(proxy: URL): boolean {
  return proxy.protocol.startsWith("socks");
}
