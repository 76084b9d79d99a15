import type { Socket } from "node:net";
import type { Agent, Dispatcher, buildConnector } from "undici";
import type { Exchange } from "./exchange.ts";

/** How long a connection is kept without a request. */
const idleTimeoutMs = 5 * 60_000;

/** Most bytes of an answer's headers. */
const maxHeaderBytes = 1024 * 1024;

/** How often the peer of a silent HTTP/2 connection is asked whether it is still there. */
const pingIntervalMs = 60_000;

/** Sends requests to servers that speak HTTP/2, by undici, which is loaded for the first one. */
export class Http2Agent {
  readonly #connect: (origin: string) => Promise<Socket>;
  #starting: Promise<Agent> | undefined;
  #closed = false;

  constructor(connect: (origin: string) => Promise<Socket>) {
    this.#connect = connect;
  }

  async dispatch(options: Dispatcher.DispatchOptions, exchange: Exchange): Promise<void> {
    try {
      const agent = await (this.#starting ??= this.#start());
      agent.dispatch(options, exchange);
      // Its connection was still being opened when everything else was closed.
      if (this.#closed) void agent.close();
    } catch (error) {
      exchange.onResponseError(undefined, error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Lets requests in progress end, then closes the connections. */
  async close(): Promise<void> {
    this.#closed = true;
    await (await this.#starting)?.close();
  }

  async destroy(): Promise<void> {
    this.#closed = true;
    await (await this.#starting)?.destroy();
  }

  async #start(): Promise<Agent> {
    const { Agent } = await import("./undici.ts");
    return new Agent({
      allowH2: true,
      keepAliveTimeout: idleTimeoutMs,
      keepAliveMaxTimeout: idleTimeoutMs,
      maxHeaderSize: maxHeaderBytes,
      // The caller's patience is the only clock.
      headersTimeout: 0,
      bodyTimeout: 0,
      h2Options: { pingInterval: pingIntervalMs },
      connect: (place, done) => void this.#open(place, done),
    });
  }

  async #open({ protocol, hostname, port }: buildConnector.Options, done: buildConnector.Callback): Promise<void> {
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    let socket: Socket;
    try {
      socket = await this.#connect(`${protocol}//${host}${port === "" ? "" : `:${port}`}`);
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)), null);
      return;
    }
    done(null, socket);
  }
}
