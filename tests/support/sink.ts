/** A stand-in for a Pyroscope server: takes what `pyroscope.write` sends and keeps it. */
import { createServer } from "node:http";
import type { PushSeries } from "@flameline/profile";
import { decodePushRequest } from "@flameline/profile";

export interface SinkRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

export class Sink implements AsyncDisposable {
  readonly port: number;
  readonly requests: SinkRequest[] = [];
  /** The status of the next answers. */
  status = 200;
  readonly #close: () => Promise<void>;

  private constructor(port: number, close: () => Promise<void>, requests: SinkRequest[]) {
    this.port = port;
    this.requests = requests;
    this.#close = close;
  }

  static async listen(port = 0): Promise<Sink> {
    const requests: SinkRequest[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        requests.push({
          method: request.method ?? "",
          url: new URL(request.url ?? "/", "http://sink"),
          headers: request.headers,
          body: Buffer.concat(chunks),
        });
        const push = request.url?.includes("PusherService") === true;
        response.writeHead(sink.status, push ? { "content-type": "application/proto" } : {});
        response.end();
      });
    });
    await new Promise<void>((resolve, reject) => {
      server.on("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
    const address = server.address();
    const sink: Sink = new Sink(
      typeof address === "object" && address !== null ? address.port : 0,
      () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
      requests,
    );
    return sink;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** All series of all pushes so far. */
  pushed(): readonly PushSeries[] {
    return this.requests.filter(({ url }) => url.pathname.endsWith("/Push")).flatMap(({ body }) => decodePushRequest(body));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}
