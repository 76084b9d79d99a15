import { setTimeout as sleep } from "node:timers/promises";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RawClient } from "../../testing/raw-client.ts";
import { readBody } from "../body.ts";
import type { IncomingRequest, OutgoingResponse } from "../exchange.ts";
import { respondText } from "../exchange.ts";
import type { ListenOptions, RunningServer } from "../listen.ts";
import { listen } from "../listen.ts";

let stack: AsyncDisposableStack;

beforeEach(() => {
  stack = new AsyncDisposableStack();
});

afterEach(() => stack.disposeAsync());

async function start(plain: ListenOptions["plain"]): Promise<RunningServer> {
  const server = await listen({ address: "127.0.0.1", port: 0, handler: take, plain });
  stack.defer(() => server.close(0));
  return server;
}

const post = (path: string, body: string, more = ""): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;

/** What a server's handler got of a sequence of bytes, and what it answered to the rest. */
async function outcomeOf(
  server: RunningServer,
  pieces: readonly string[],
): Promise<{ readonly taken: string[]; readonly refused: string[] }> {
  using client = await RawClient.connect(server.port);
  const connection = `${client.socket.localPort} ${server.port}`;
  takenOf.delete(connection);
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) await sleep(1);
    client.socket.write(piece, "latin1");
  }
  client.socket.end();
  const answers = (await client.untilClosed()).split(/(?=HTTP\/1\.1 \d{3} )/);
  return {
    taken: takenOf.get(connection) ?? [],
    refused: answers.map((answer) => answer.slice(9, 12)).filter((status) => status !== "" && status !== "200"),
  };
}

/** By the ports of client and server: what came as a whole. */
const takenOf = new Map<string, string[]>();

function take(request: IncomingRequest, response: OutgoingResponse): void {
  const connection = `${request.socket.remotePort} ${request.socket.localPort}`;
  void readBody(request).then(
    (body) => {
      const text = `${request.url} ${JSON.stringify(request.rawHeaders)} ${body.toString("latin1")}`;
      takenOf.set(connection, [...(takenOf.get(connection) ?? []), text]);
      respondText(response, 200, text);
    },
    () => response.destroy(),
  );
}

const fragments = [
  "POST /plain HTTP/1.1\r\n",
  "GET /plain HTTP/1.1\r\n",
  "POST /other HTTP/1.1\r\n",
  "POST /plain HTTP/1.0\r\n",
  "Host: a\r\n",
  "Content-Length: 3\r\n",
  "content-length:3 \r\n",
  "Content-Length: 4\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Connection: close\r\n",
  "Connection: keep-alive\r\n",
  "Expect: 100-continue\r\n",
  "X-A: b\r\n",
  "X-A : b\r\n",
  " folded\r\n",
  "\r\n",
  "\n",
  "\r",
  "abc",
  "3\r\nabc\r\n0\r\n\r\n",
  "\0",
  ":",
  "\u00ff",
  "Content-Length: \u00a03\r\n",
  "Content-Length: 3\u00a0\r\n",
  "Connection: close\u00a0\r\n",
  "Proxy-Connection: close\r\n",
  "X-A: \u00a0b\u00a0 \t\r\n",
  "X-B:\r\n",
];

describe("PlainConnection beside node:http", () => {
  it("takes the same requests out of every sequence of bytes, and refuses the same rest", async () => {
    const plain = await start({ accepts: (_, url) => url.startsWith("/plain"), handler: take });
    const full = await start(undefined);
    const wellFormed = fc.constantFrom(
      post("/plain", "abc"),
      post("/plain", "abc", "X-A: b\r\n"),
      post("/other", "abc"),
      post("/plain", ""),
    );
    const text = fc.array(fc.oneof(wellFormed, fc.constantFrom(...fragments)), { maxLength: 12 }).map((parts) => parts.join(""));
    const cut = fc.tuple(text, fc.nat(200)).map(([all, at]) => [all.slice(0, at), all.slice(at)].filter((piece) => piece !== ""));
    await fc.assert(
      fc.asyncProperty(cut, async (pieces) => {
        const [ours, theirs] = await Promise.all([outcomeOf(plain, pieces), outcomeOf(full, pieces)]);
        expect(ours).toEqual(theirs);
      }),
      { numRuns: 1500, examples: [[[post("/plain", "abc") + post("/other", "abc"), post("/plain", "")]]] },
    );
    expect(takenOf.size).toBeGreaterThan(500);
  }, 60_000);
});
