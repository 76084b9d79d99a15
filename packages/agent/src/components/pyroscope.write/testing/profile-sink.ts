import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface SinkRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  /** Milliseconds on a monotonic clock. */
  readonly at: number;
}

export interface SinkAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly delayMs?: number;
  /** Breaks the connection instead. */
  readonly reset?: boolean;
}

/** A Pyroscope server as far as senders can see it: keeps all requests and accepts them, unless told to answer otherwise. */
export class ProfileSink implements AsyncDisposable {
  readonly requests: SinkRequest[] = [];
  answer: (request: SinkRequest, count: number) => SinkAnswer | Promise<SinkAnswer> = () => ({});
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(port = 0): Promise<ProfileSink> {
    const server = createServer();
    const sink = new ProfileSink(server);
    server.on("request", (request, response) => void sink.#handle(request, response));
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return sink;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = request;
    const seen: SinkRequest = { method, url, headers, body: Buffer.concat(await request.toArray()), at: performance.now() };
    this.requests.push(seen);
    const { status = 200, headers: own = {}, body = "", delayMs = 0, reset = false } = await this.answer(seen, this.requests.length);
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (reset) request.socket.destroy();
    else response.writeHead(status, url.includes("push.v1") ? { "content-type": "application/proto", ...own } : own).end(body);
  }
}
