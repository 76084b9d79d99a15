import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface SeenRequest {
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly rawHeaders: readonly string[];
}

type Handler = (request: SeenRequest, response: ServerResponse) => void;

/** A target on a free port of 127.0.0.1 that remembers what it was asked. */
export class TargetServer implements AsyncDisposable {
  readonly requests: SeenRequest[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(handler: Handler): Promise<TargetServer> {
    const server = createServer();
    const target = new TargetServer(server);
    server.on("request", (request, response) => {
      const { url = "", headers, rawHeaders } = request;
      const seen = { url, headers, rawHeaders };
      target.requests.push(seen);
      handler(seen, response);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    return target;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  countOf(url: string): number {
    return this.requests.filter((request) => request.url === url).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}

/** Answers with a body of Go's content type. */
export function answerPprof(response: ServerResponse, body: Uint8Array): void {
  response.setHeader("Content-Type", "application/octet-stream");
  response.end(body);
}
