import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RawClient } from "../../testing/raw-client.ts";
import { BodyTooLargeError, readBody } from "../body.ts";
import type { IncomingRequest, OutgoingResponse } from "../exchange.ts";
import { disconnectController, respond, respondText } from "../exchange.ts";
import type { ListenOptions, RunningServer } from "../listen.ts";
import { listen } from "../listen.ts";

let stack: AsyncDisposableStack;

beforeEach(() => {
  stack = new AsyncDisposableStack();
});

afterEach(() => stack.disposeAsync());

type Handler = (request: IncomingRequest, response: OutgoingResponse) => void;

/** Says what it got, and by which way: requests that are no streams came by the plain one. */
function describeRequest(request: IncomingRequest, response: OutgoingResponse): void {
  void readBody(request, { maxBytes: 1000 }).then(
    (body) => respondText(response, 200, `${request.url} ${JSON.stringify(request.headers)} ${body.toString("latin1")}`),
    (error: unknown) => respondText(response, error instanceof BodyTooLargeError ? 413 : 400, String(error)),
  );
}

async function start(handler: Handler = describeRequest, options: Partial<ListenOptions> = {}): Promise<RunningServer> {
  const plain = { accepts: (_: string, url: string) => url.startsWith("/plain"), handler };
  const server = await listen({ address: "127.0.0.1", port: 0, handler, plain, ...options });
  stack.defer(() => server.close(0));
  return server;
}

async function raw({ port }: RunningServer): Promise<RawClient> {
  return stack.use(await RawClient.connect(port));
}

const post = (path: string, body: string, more = ""): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;

describe("PlainConnection", () => {
  it("answers requests that follow each other, also in one packet and in any pieces", async () => {
    const streams: boolean[] = [];
    const server = await start((request, response) => {
      streams.push(request.deliver === undefined);
      describeRequest(request, response);
    });
    const client = await raw(server);
    client.send(post("/plain/1", "one") + post("/plain/2", "two"));
    await client.until(/ two/);
    const third = post("/plain/3", "three");
    client.send(third.slice(0, -3));
    await sleep(20);
    client.send(`${third.slice(-3)}${post("/plain/4", "")}`);
    expect(await client.until(/\/plain\/4/)).toMatch(/1 .* one[^]*2 .* two[^]*3 .* three[^]*4 /);
    expect(streams).toEqual([false, false, false, false]);
  });

  it("hands a connection over with the first request that is not plain, and loses nothing", async () => {
    const streams: boolean[] = [];
    const server = await start((request, response) => {
      streams.push(request.deliver === undefined);
      describeRequest(request, response);
    });
    const client = await raw(server);
    client.send(`${post("/plain/1", "one")}GET /other HTTP/1.1\r\nHost: a\r\n\r\n${post("/plain/2", "two")}`);
    expect(await client.until(/ two/)).toMatch(/1 .* one[^]*\/other[^]*2 .* two/);
    expect(streams).toEqual([false, true, true]);
  });

  it("keeps a body until somebody asks for it", async () => {
    const server = await start((request, response) => void sleep(50).then(() => describeRequest(request, response)));
    const client = await raw(server);
    const [head, body] = [post("/plain", "x".repeat(900)).slice(0, -900), "x".repeat(900)];
    client.send(head + body.slice(0, 10));
    await sleep(10);
    client.send(body.slice(10));
    expect(await client.until(/x{900}/)).toContain("200 OK");
  });

  it("goes on after a body that nobody wanted", async () => {
    const client = await raw(await start());
    client.send(post("/plain", "x".repeat(100_000)));
    await client.until(/413/);
    client.send(post("/plain", "small"));
    await client.until(/small/);
  });

  it("tells the handler when the client goes before its answer", async () => {
    const aborted: string[] = [];
    const server = await start((request, response) => {
      disconnectController(response).signal.addEventListener("abort", () => aborted.push(request.url ?? ""));
      request.resume();
    });
    for (const leave of ["end", "resetAndDestroy"] as const) {
      const client = await raw(server);
      client.send(post(`/plain/${leave}`, "x"));
      await sleep(20);
      client.socket[leave]();
    }
    await expect.poll(() => aborted).toEqual(["/plain/end", "/plain/resetAndDestroy"]);
  });

  it("answers a client that has closed its side if there is an answer", async () => {
    const server = await start((request, response) => {
      disconnectController(response).signal.addEventListener("abort", () => describeRequest(request, response));
    });
    const client = await raw(server);
    client.send(post("/plain", "abc"));
    await sleep(20);
    client.socket.end();
    expect(await client.untilClosed()).toMatch(/200 OK[^]*Connection: close[^]* abc\n$/);
  });

  it("says to the reader of a body that it ended too early, and to the client", async () => {
    const failures: string[] = [];
    const server = await start((request) => void readBody(request).catch((error: Error) => failures.push(error.name)));
    const client = await raw(server);
    client.socket.end("POST /plain HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc");
    expect(await client.untilClosed()).toContain("400 Bad Request");
    expect(failures).toEqual(["BodyTruncatedError"]);
  });

  it("sends an answer of unknown length in pieces, with trailers", async () => {
    const server = await start((request, response) => {
      request.resume();
      response.setHeader("x-early", "1");
      response.writeHead(200, { "x-list": ["a", "b"] });
      response.write(Buffer.from("one"));
      response.addTrailers({ "grpc-status": "0" });
      response.end("two");
    });
    const answer = await fetch(`http://${server.address}/plain`, { method: "POST", body: "x" });
    expect([await answer.text(), answer.headers.get("x-early"), answer.headers.get("x-list")]).toEqual(["onetwo", "1", "a, b"]);
    const client = await raw(server);
    client.send(post("/plain", "x", "Connection: close\r\n"));
    expect(await client.untilClosed()).toMatch(/Connection: close\r\n[^]*3\r\none\r\n3\r\ntwo\r\n0\r\ngrpc-status: 0\r\n\r\n$/);
  });

  it("sends no header that would be two", async () => {
    const server = await start((_, response) => {
      try {
        respond(response, 200, { "x-a": "1\r\nx-b: 2" });
      } catch (error) {
        respondText(response, 500, String(error));
      }
    });
    const client = await raw(server);
    client.send(post("/plain", ""));
    const answer = await client.until(/x-a/);
    expect(answer).toMatch(/^HTTP\/1\.1 500 [^]*invalid character in the value of the header x-a\n$/);
  });

  it("takes no request any more that comes while it closes and cannot be answered", async () => {
    const taken: string[] = [];
    let server: RunningServer | undefined;
    server = await start((request, response) => {
      if (request.url === "/plain/close") void server?.close(300);
      taken.push(request.url ?? "");
      describeRequest(request, response);
    });
    const [first, second] = [await raw(server), await raw(server)];
    for (const client of [first, second]) {
      client.send(post("/plain/before", "x"));
      await client.until(/200 OK/);
    }
    first.send(post("/plain/close", "x"));
    second.send(post("/plain/late", "x"));
    await Promise.all([first.untilClosed(), second.untilClosed()]);
    const answered = [...first.received.matchAll(/200 OK/g), ...second.received.matchAll(/200 OK/g)];
    expect(answered).toHaveLength(taken.length);
  });

  it("keeps the answers of a connection apart", async () => {
    const server = await start((request, response) => {
      request.resume();
      if (request.url === "/plain/none") {
        response.writeHead(204, {});
        response.end();
        return;
      }
      response.setHeader("Content-Length", "2");
      response.writeHead(200, {});
      response.end("ok");
      expect(response.write(Buffer.from("more"))).toBe(false);
    });
    const client = await raw(server);
    client.send(post("/plain/none", "") + post("/plain/some", ""));
    expect(await client.until(/ok$/)).toMatch(
      /^HTTP\/1\.1 204 No Content\r\nDate: [^]*\r\n\r\nHTTP\/1\.1 200 OK\r\nContent-Length: 2\r\n[^]*\r\n\r\nok$/,
    );
    expect(client.received).not.toContain("chunked");
  });

  it("ends connections that stay silent, at first and later", async () => {
    const server = await start(describeRequest, { readTimeoutMs: 200, idleTimeoutMs: 100 });
    const silent = await raw(server);
    expect(await silent.untilClosed()).toContain("408");
    const used = await raw(server);
    used.send(post("/plain", "x"));
    await used.until(/200 OK/);
    await used.untilClosed();
  });

  it("ends idle connections when the server closes, and lets an answer out that was waited for", async () => {
    let answer = (): void => {};
    const server = await start((request, response) => {
      request.resume();
      if (request.url === "/plain/slow") answer = () => respondText(response, 200, "at last");
      else respondText(response, 200, "at once");
    });
    const [idle, busy] = [await raw(server), await raw(server)];
    idle.send(post("/plain", "x"));
    busy.send(post("/plain/slow", "x"));
    await idle.until(/at once/);
    const closed = server.close(5000);
    await idle.untilClosed();
    answer();
    expect(await busy.untilClosed()).toMatch(/Connection: close[^]*at last/);
    await closed;
  });
});
