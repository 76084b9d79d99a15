import type { IncomingMessage, RequestListener } from "node:http";
import { createServer, request as forward } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { connect } from "node:net";
import type { Duplex } from "node:stream";

/** An HTTP proxy on loopback that forwards and tunnels, and remembers what it was asked. */
export class TestProxy {
  readonly asked: { readonly method: string; readonly url: string; readonly headers: IncomingMessage["headers"] }[] = [];
  /** Names that the proxy resolves to loopback. */
  readonly names: ReadonlySet<string>;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();

  private constructor(server: Server, names: readonly string[]) {
    this.#server = server;
    this.names = new Set(names);
  }

  /** `status` is the answer to `CONNECT`. `make` may put TLS around it. */
  static async start({
    status = "200 Connection established",
    names = [],
    make = createServer,
  }: {
    readonly status?: string;
    readonly names?: readonly string[];
    readonly make?: (handler: RequestListener) => Server;
  } = {}): Promise<TestProxy> {
    const server = make((request, response) => {
      proxy.#note(request);
      const target = new URL(request.url ?? "");
      const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !name.startsWith("proxy-")));
      const { method } = request;
      const onward = forward(
        { host: proxy.#resolve(target.hostname), port: target.port, path: target.pathname + target.search, method, headers },
        (answer) => {
          response.writeHead(answer.statusCode ?? 0, answer.headers);
          answer.pipe(response);
        },
      );
      request.pipe(onward);
    });
    const proxy = new TestProxy(server, names);
    server.on("connection", (socket: Socket) => proxy.#keep(socket));
    server.on("connect", (request: IncomingMessage, socket: Duplex, head: Buffer) => proxy.#tunnel(request, socket, head, status));
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    return proxy;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  #tunnel(request: IncomingMessage, socket: Duplex, head: Buffer, status: string): void {
    this.#note(request);
    if (!status.startsWith("200")) {
      socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const [host = "", port = ""] = (request.url ?? "").split(":");
    const onward = connect(Number(port), this.#resolve(host), () => {
      socket.write(`HTTP/1.1 ${status}\r\n\r\n`);
      onward.write(head);
      onward.pipe(socket);
      socket.pipe(onward);
    });
    this.#keep(onward);
    socket.on("error", () => onward.destroy());
  }

  #note({ method = "", url = "", headers }: IncomingMessage): void {
    this.asked.push({ method, url, headers });
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
  }

  #resolve(host: string): string {
    return this.names.has(host) ? "127.0.0.1" : host;
  }
}
