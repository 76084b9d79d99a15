import type { Socket } from "node:net";

/** How many connections wait beyond the limit before further ones are refused; what a kernel's backlog would hold. */
const maxWaiting = 511;

/**
 * Bounds how many connections are served at once. Those beyond the limit stay open and unread until another one closes, as if they had not been
 * accepted yet.
 */
export class ConnectionGate {
  readonly #limit: number;
  readonly #serve: (socket: Socket) => void;
  readonly #open = new Set<Socket>();
  readonly #waiting = new Set<Socket>();
  readonly #changed: (open: number) => void;

  /** `limit` 0 means none. `changed` is told how many connections are being served. */
  constructor(limit: number, serve: (socket: Socket) => void, changed: (open: number) => void = () => {}) {
    this.#limit = limit;
    this.#serve = serve;
    this.#changed = changed;
  }

  /** Takes a connection that was accepted and is paused. */
  admit(socket: Socket): void {
    // A connection that breaks between two of its keepers must not end the program; its `close` event does the accounting.
    socket.on("error", ignore);
    if (this.#limit === 0 || this.#open.size < this.#limit) this.#start(socket);
    else if (this.#waiting.size < maxWaiting) this.#park(socket);
    else socket.destroy();
  }

  /** Those being served. */
  get open(): ReadonlySet<Socket> {
    return this.#open;
  }

  /** Drops the connections that nobody has looked at yet. */
  refuseWaiting(): void {
    for (const socket of this.#waiting) socket.destroy();
    this.#waiting.clear();
  }

  #park(socket: Socket): void {
    this.#waiting.add(socket);
    socket.once("close", () => this.#waiting.delete(socket));
  }

  #start(socket: Socket): void {
    this.#open.add(socket);
    this.#changed(this.#open.size);
    socket.once("close", () => {
      this.#open.delete(socket);
      this.#changed(this.#open.size);
      this.#next();
    });
    this.#serve(socket);
  }

  #next(): void {
    const [socket] = this.#waiting;
    if (socket === undefined) return;
    this.#waiting.delete(socket);
    this.#start(socket);
  }
}

function ignore(): void {}
