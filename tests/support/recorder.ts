/** A hop between a client and a server that passes everything on and keeps what it saw: what a foreign client really sent, and what it was told. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, request as onward } from "node:http";
import { buffer } from "node:stream/consumers";

export interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
  /** The status of the answer. */
  readonly status: number;
}

export class Recorder implements AsyncDisposable {
  readonly exchanges: Exchange[] = [];
  readonly url: string;
  readonly #close: () => Promise<void>;

  private constructor(url: string, close: () => Promise<void>, exchanges: Exchange[]) {
    this.url = url;
    this.#close = close;
    this.exchanges = exchanges;
  }

  /** Listens for HTTP/1.1 in front of the server at `port` of this host. */
  static async start(port: number): Promise<Recorder> {
    const exchanges: Exchange[] = [];
    const server = createServer((request, response) => {
      passOn(request, response, port).then(
        (exchange) => exchanges.push(exchange),
        () => response.destroy(),
      );
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    const address = server.address();
    const own = typeof address === "object" && address !== null ? address.port : 0;
    const close = (): Promise<void> =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    return new Recorder(`http://127.0.0.1:${own}`, close, exchanges);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

/** The answer goes out after the exchange was noted: who has it finds the exchange here. */
async function passOn(request: IncomingMessage, response: ServerResponse, port: number): Promise<Exchange> {
  const { method = "", url = "", headers } = request;
  const body = await buffer(request);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = onward({ host: "127.0.0.1", port, method, path: url, headers }, resolve);
    sent.on("error", reject);
    sent.end(body);
  });
  const status = answer.statusCode ?? 0;
  const content = await buffer(answer);
  setImmediate(() => response.writeHead(status, answer.headers).end(content));
  return { method, url: new URL(url, "http://recorder"), headers, body, status };
}
