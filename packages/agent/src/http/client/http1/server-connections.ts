import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { Pool } from "./pool.ts";
import type { Connection } from "./connection.ts";

/** Stands for a server that speaks HTTP/2. */
export type Http2 = "http2";

export interface ServerConnectionsOptions {
  readonly connect: () => Promise<Socket>;
  /** The server may speak HTTP/2. */
  readonly negotiates: boolean;
  /** Told when there is nothing here any more that is worth keeping. */
  readonly onUnused: () => void;
}

/** The connections to one server, whose protocol is known with the first of them. */
export class ServerConnections {
  readonly #pool: Pool;
  readonly #negotiates: boolean;
  #protocol: "http1" | Http2 | undefined;
  #probe: Promise<unknown> | undefined;
  #spare: Socket | undefined;
  /** A connection for HTTP/2 has been asked for. */
  #handedOver = false;

  constructor({ connect, negotiates, onUnused }: ServerConnectionsOptions) {
    this.#pool = new Pool(connect, () => {
      if (this.#protocol !== "http2") onUnused();
    });
    this.#negotiates = negotiates;
  }

  /** One to be used at once or given back. The first requests to a server that may speak HTTP/2 wait for one connection and share its failure. */
  acquire(): Connection | Http2 | Promise<Connection | Http2> {
    if (this.#protocol === "http2") return "http2";
    return this.#pool.takeIdle() ?? this.#open();
  }

  giveBack(connection: Connection): void {
    this.#pool.giveBack(connection);
  }

  /** A connection that turned out to speak HTTP/2 and that nobody uses. */
  takeSpare(): Socket | undefined {
    const spare = this.#spare;
    this.#handedOver = true;
    this.#spare = undefined;
    return spare;
  }

  get speaksHttp2(): boolean {
    return this.#protocol === "http2";
  }

  close(): void {
    this.#pool.close();
    this.#spare?.destroy();
  }

  destroy(): void {
    this.#pool.destroy();
    this.close();
  }

  async #open(): Promise<Connection | Http2> {
    if (this.#negotiates && this.#protocol === undefined) {
      const probe = this.#probe;
      if (probe !== undefined) {
        await probe;
        return this.acquire();
      }
      const opening = this.#openOne().finally(() => (this.#probe = undefined));
      this.#probe = opening;
      return opening;
    }
    return this.#openOne();
  }

  async #openOne(): Promise<Connection | Http2> {
    const connection = await this.#pool.open((socket) => this.#takeHttp2(socket));
    return connection ?? "http2";
  }

  /** A server may change its mind: its former connections end by themselves. */
  #takeHttp2(socket: Socket): boolean {
    const agreed = (socket as Partial<TLSSocket>).alpnProtocol === "h2";
    this.#protocol = agreed ? "http2" : "http1";
    if (agreed) this.#keepSpare(socket);
    return agreed;
  }

  /** One is enough: all requests go over the same connection then. */
  #keepSpare(socket: Socket): void {
    socket.on("error", ignore);
    if (this.#spare !== undefined || this.#handedOver) {
      socket.destroy();
      return;
    }
    this.#spare = socket;
    socket.once("close", () => {
      if (this.#spare === socket) this.#spare = undefined;
    });
  }
}

function ignore(): void {}
