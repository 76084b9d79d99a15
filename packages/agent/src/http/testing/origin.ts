import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { text } from "node:stream/consumers";

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Name, value, name, value … */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export type Answer = (request: SeenRequest, response: ServerResponse) => void;

/** An HTTP server on loopback that remembers what it was asked. */
export class Origin {
  readonly requests: SeenRequest[] = [];
  /** Connections that were opened to it. */
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket: Socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  /** `make` may put another kind of server around the handler; `path` is that of a socket to listen at instead of a port. */
  static async start(
    answer: Answer = (_, response) => response.end(),
    make: (handler: (request: IncomingMessage, response: ServerResponse) => void) => Server = createServer,
    path?: string,
  ): Promise<Origin> {
    const server = make((request, response) => void origin.#handle(request, response, answer));
    const origin = new Origin(server);
    await new Promise<void>((resolve) => {
      if (path === undefined) server.listen(0, "127.0.0.1", resolve);
      else server.listen(path, resolve);
    });
    return origin;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  get url(): string {
    return `http://${this.host}`;
  }

  resetConnections(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse, answer: Answer): Promise<void> {
    const { method = "", url = "", rawHeaders } = request;
    let body: string;
    try {
      body = await text(request);
    } catch {
      return;
    }
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value.join(", ") : (value ?? "");
    const seen = { method, url, headers, rawHeaders, body };
    this.requests.push(seen);
    answer(seen, response);
  }
}
