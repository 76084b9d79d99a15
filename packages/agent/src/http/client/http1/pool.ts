import type { Socket } from "node:net";
import { Connection } from "./connection.ts";

/** How long a connection is kept without a request. */
const idleTimeoutMs = 5 * 60_000;

/** Most connections that are kept without a request, as in Prometheus' client. */
const maxIdle = 1000;

/** How often idle connections are looked through. */
const sweepMs = 15_000;

interface Idle {
  readonly connection: Connection;
  /** On a clock that never jumps. */
  readonly since: number;
}

/** The connections to one server. Those that are idle are used again, the latest first, so that the others can go; there is no limit to how many have requests. */
export class Pool {
  readonly #connect: () => Promise<Socket>;
  readonly #onEmpty: () => void;
  readonly #all = new Set<Connection>();
  readonly #idle: Idle[] = [];
  #opening = 0;
  #sweeper: NodeJS.Timeout | undefined;
  #closed = false;

  /** `onEmpty` is told when there is no connection any more. */
  constructor(connect: () => Promise<Socket>, onEmpty: () => void) {
    this.#connect = connect;
    this.#onEmpty = onEmpty;
  }

  /** One that is idle, to be used at once. */
  takeIdle(): Connection | undefined {
    const now = performance.now();
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.connection.isGood(now)) return idle.connection;
      idle.connection.destroy();
    }
    return undefined;
  }

  /** A new one, to be used at once; undefined when the server has agreed on another protocol and `handOver` got the socket. */
  async open(handOver: (socket: Socket) => boolean): Promise<Connection | undefined> {
    this.#opening += 1;
    try {
      const socket = await this.#connect();
      return handOver(socket) ? undefined : this.#add(socket);
    } finally {
      this.#opening -= 1;
      this.#tellWhenEmpty();
    }
  }

  /** Gives a connection back that was taken and not used. */
  giveBack(connection: Connection): void {
    if (this.#closed) connection.destroy();
    else this.#keep(connection);
  }

  /** Closes what is idle now, and every other connection after its request. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#sweeper);
    for (const { connection } of this.#idle.splice(0)) connection.destroy();
  }

  /** Closes all of them now. */
  destroy(): void {
    this.close();
    for (const connection of this.#all) connection.destroy();
  }

  #add(socket: Socket): Connection {
    const connection = new Connection(
      socket,
      (one) => this.giveBack(one),
      (one) => this.#forget(one),
    );
    this.#all.add(connection);
    return connection;
  }

  #keep(connection: Connection): void {
    this.#idle.push({ connection, since: performance.now() });
    if (this.#idle.length > maxIdle) this.#idle.shift()?.connection.destroy();
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepMs).unref();
  }

  #forget(connection: Connection): void {
    if (!this.#all.delete(connection)) return;
    const at = this.#idle.findIndex((idle) => idle.connection === connection);
    if (at >= 0) this.#idle.splice(at, 1);
    this.#tellWhenEmpty();
  }

  #tellWhenEmpty(): void {
    if (this.#all.size === 0 && this.#opening === 0) this.#onEmpty();
  }

  #sweep(): void {
    const oldest = performance.now() - idleTimeoutMs;
    while (this.#idle[0] !== undefined && this.#idle[0].since < oldest) this.#idle.shift()?.connection.destroy();
    if (this.#idle.length > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}
