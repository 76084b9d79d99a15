import { request as http1 } from "node:http";
import { connect as http2 } from "node:http2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MetricsRegistry } from "../../metrics/registry.ts";
import { RawClient } from "../testing/raw-client.ts";
import { readBody } from "./body.ts";
import type { IncomingRequest, OutgoingResponse } from "./exchange.ts";
import { disconnectController, respond, respondText } from "./exchange.ts";
import type { ListenOptions, RunningServer } from "./listen.ts";
import { listen } from "./listen.ts";
import { HttpServerMetrics, routeName } from "./metrics.ts";

let stack: AsyncDisposableStack;

beforeEach(() => {
  stack = new AsyncDisposableStack();
});

afterEach(() => stack.disposeAsync());

/** Answers with version, method, path and body. */
function describeRequest(request: IncomingRequest, response: OutgoingResponse): void {
  const { httpVersionMajor: version, method = "", url = "" } = request;
  void readBody(request).then(
    (body) => respondText(response, 200, `${version} ${method} ${url} ${body.toString()}`),
    () => {},
  );
}

async function start(options: Partial<ListenOptions> = {}): Promise<RunningServer> {
  const server = await listen({ address: "127.0.0.1", port: 0, handler: describeRequest, ...options });
  stack.defer(() => server.close(0));
  return server;
}

async function raw(server: RunningServer): Promise<RawClient> {
  return stack.use(await RawClient.connect(server.port));
}

interface Http2Answer {
  readonly status: number;
  readonly body: string;
}

/** A request over clear-text HTTP/2 with prior knowledge, on a session of its own. */
function askHttp2(server: RunningServer, path: string, body = ""): Promise<Http2Answer> {
  return new Promise((resolve, reject) => {
    const session = http2(`http://127.0.0.1:${server.port}`);
    session.once("error", reject);
    const stream = session.request({ ":method": "POST", ":path": path });
    let [status, text] = [0, ""];
    stream.on("response", (headers) => (status = Number(headers[":status"])));
    stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
    stream.once("error", reject);
    session.once("close", () => resolve({ status, body: text }));
    stream.once("end", () => session.close());
    stream.end(body);
  });
}

const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

describe("listen()", () => {
  it("serves HTTP/1.1 and clear-text HTTP/2 on one port", async () => {
    const server = await start({ http2ClearText: true });
    const answers = await Promise.all([fetch(`http://${server.address}/a`, { method: "POST", body: "x" }), askHttp2(server, "/b", "y")]);
    expect(await answers[0].text()).toBe("1 POST /a x\n");
    expect(answers[1]).toEqual({ status: 200, body: "2 POST /b y\n" });
  });

  it("refuses HTTP/2 when it is not asked for", async () => {
    const server = await start();
    await expect(askHttp2(server, "/")).rejects.toThrow();
    expect((await fetch(`http://${server.address}/`)).status).toBe(200);
  });

  it("tells the protocols apart however the first bytes arrive", async () => {
    const server = await start({ http2ClearText: true });
    for (const method of ["POST", "PROPFIND", "PUT", "GET"]) {
      const client = await raw(server);
      for (const letter of `${method} /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`) {
        client.send(letter);
        await sleep(1);
      }
      expect(await client.untilClosed()).toContain(`1 ${method} /x`);
    }
  });

  it("answers requests that follow each other on one connection, also in one packet", async () => {
    const server = await start({ http2ClearText: true });
    const client = await raw(server);
    const ask = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx`;
    client.send(ask("/1") + ask("/2"));
    await client.until(/\/2 x/);
    client.send(ask("/3"));
    expect(await client.until(/\/3 x/)).toMatch(/1 POST \/1 x[^]*1 POST \/2 x[^]*1 POST \/3 x/);
  });

  it("answers a client that has closed its sending side", async () => {
    const client = await raw(await start({ http2ClearText: true }));
    client.socket.end("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect(await client.untilClosed()).toContain("1 GET /x");
  });

  it("takes long queries", async () => {
    const server = await start();
    const path = `/ingest?name=${"x".repeat(200_000)}`;
    expect(await (await fetch(`http://${server.address}${path}`)).text()).toContain("xxx");
  });

  it("says in Go's words why it cannot listen", async () => {
    const { port } = await start();
    const refused = (address: string, at: number): Promise<RunningServer> => listen({ address, port: at, handler: describeRequest });
    await expect(refused("127.0.0.1", port)).rejects.toThrow(new Error(`listen tcp 127.0.0.1:${port}: bind: address already in use`));
    await expect(refused("127.0.0.1", 99_999)).rejects.toThrow(new Error("listen tcp: address 99999: invalid port"));
    await expect(refused("192.0.2.1", 80)).rejects.toThrow(new Error("listen tcp 192.0.2.1:80: bind: cannot assign requested address"));
    await expect(refused("nowhere.invalid", 80)).rejects.toThrow(new Error("listen tcp: lookup nowhere.invalid: no such host"));
  });
});

describe("listen() with limits", () => {
  it.each([false, true])("cuts off a client that is slow with its headers (HTTP/2 allowed: %s)", async (http2ClearText) => {
    const server = await start({ http2ClearText, readTimeoutMs: 200 });
    const client = await raw(server);
    client.send("POST /x HTTP/1.1\r\nHost: a\r\n");
    const begun = performance.now();
    expect(await client.untilClosed()).toContain("408");
    expect(performance.now() - begun).toBeLessThan(1500);
  });

  it.each([false, true])("cuts off a client that is slow with its body (HTTP/2 allowed: %s)", async (http2ClearText) => {
    const server = await start({ http2ClearText, readTimeoutMs: 200 });
    const client = await raw(server);
    client.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    expect(await client.untilClosed()).not.toContain("200 OK");
  });

  it("cuts off a client that goes on with its body after it was answered", async () => {
    const handler: ListenOptions["handler"] = (request, response) => {
      request.resume();
      respond(response, 413, {});
    };
    const client = await raw(await start({ readTimeoutMs: 300, handler }));
    client.send("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    const more = setInterval(() => client.send("1\r\nx\r\n"), 20);
    expect(await client.untilClosed()).toContain("413");
    clearInterval(more);
  });

  it("cuts off a client that says nothing at all", async () => {
    const client = await raw(await start({ http2ClearText: true, readTimeoutMs: 100 }));
    expect(await client.untilClosed()).toBe("");
  });

  it("lets go of a client that leaves before it has said which protocol it speaks", async () => {
    const server = await start({ http2ClearText: true, readTimeoutMs: 0 });
    for (const begin of ["", "P", "PR"]) {
      const client = await raw(server);
      client.socket.end(begin);
      expect(await client.untilClosed()).toBe("");
    }
  });

  it("takes limits that are longer than a timer can wait as none", async () => {
    for (const timeout of [30 * 24 * 3_600_000, Infinity, -1]) {
      const server = await start({ http2ClearText: true, readTimeoutMs: timeout, writeTimeoutMs: timeout, idleTimeoutMs: timeout });
      expect(await askHttp2(server, "/two", "b")).toEqual({ status: 200, body: "2 POST /two b\n" });
      expect((await fetch(`http://127.0.0.1:${server.port}/one`)).status).toBe(200);
    }
  });

  it("closes HTTP/2 sessions without a request after a limit of their own", async () => {
    const server = await start({ http2ClearText: true, http2: { idleTimeoutMs: 50 } });
    const session = http2(`http://127.0.0.1:${server.port}`);
    await new Promise<void>((resolve) => {
      session.once("close", resolve);
    });
  });

  it("cuts off an HTTP/2 request that is slow with its body", async () => {
    let failure: unknown;
    const handler: ListenOptions["handler"] = (request) => void readBody(request).catch((error: unknown) => (failure = error));
    const server = await start({ http2ClearText: true, readTimeoutMs: 100, handler });
    const session = http2(`http://127.0.0.1:${server.port}`);
    const stream = session.request({ ":method": "POST", ":path": "/", "content-length": "10" });
    stream.on("error", () => {});
    stream.write("abc");
    await new Promise((resolve) => {
      stream.once("close", resolve);
    });
    session.destroy();
    await expect.poll(() => failure).toMatchObject({ name: "BodyTruncatedError" });
  });

  it("gives up an answer that takes too long, and tells the handler", async () => {
    const aborted: string[] = [];
    const handler: ListenOptions["handler"] = (request, response) => {
      request.resume();
      disconnectController(response).signal.addEventListener("abort", () => aborted.push(String(request.httpVersionMajor)));
    };
    const server = await start({ http2ClearText: true, writeTimeoutMs: 100, handler });
    const client = await raw(server);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect(await client.untilClosed()).toBe("");
    await askHttp2(server, "/").catch(() => {});
    await expect.poll(() => aborted).toEqual(["1", "2"]);
  });

  it("closes connections without a request", async () => {
    const server = await start({ idleTimeoutMs: 100 });
    const client = await raw(server);
    client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    await client.until(/1 GET \/x/);
    await client.untilClosed();
  });

  it("lets connections beyond the limit wait until another one ends", async () => {
    const server = await start({ connectionLimit: 1, http2ClearText: true });
    const ask = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
    const first = await raw(server);
    first.send(ask);
    await first.until(/1 GET/);
    const second = await raw(server);
    second.send(ask);
    await sleep(100);
    expect(second.received).toBe("");
    first.socket.destroy();
    await second.until(/1 GET/);
  });
});

describe("RunningServer.close()", () => {
  it("closes idle connections, lets a request in progress end, and takes no new ones", async () => {
    let finish = (): void => {};
    const handler: ListenOptions["handler"] = (request, response) => {
      request.resume();
      if (request.url === "/slow") finish = () => respond(response, 200, {}, "done");
      else respond(response, 200, {}, "quick");
    };
    const server = await start({ http2ClearText: true, handler });
    const { port } = server;
    const idle = await raw(server);
    idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await idle.until(/quick/);
    const silent = await raw(server);
    const busy = await raw(server);
    busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    const answer = askHttp2(server, "/slow-too").catch((error: Error) => error.message);
    expect(await answer).toMatchObject({ body: "quick" });
    await sleep(50);
    const closed = server.close(5000);
    await Promise.all([idle.untilClosed(), silent.untilClosed()]);
    await expect(RawClient.connect(port)).rejects.toThrow("ECONNREFUSED");
    finish();
    expect(await busy.untilClosed()).toContain("done");
    await closed;
  });

  it("ends HTTP/2 sessions after their requests", async () => {
    let finish = (): void => {};
    const server = await start({ http2ClearText: true, handler: (_, response) => (finish = () => respond(response, 200, {}, "done")) });
    const answer = askHttp2(server, "/");
    await sleep(100);
    const closed = server.close(5000);
    finish();
    expect(await answer).toEqual({ status: 200, body: "done" });
    await closed;
  });

  it("does not wait longer than the grace time", async () => {
    const server = await start({ http2ClearText: true, handler: () => {} });
    const client = await raw(server);
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    void askHttp2(server, "/").catch(() => {});
    await sleep(100);
    const begun = performance.now();
    await server.close(100);
    expect(performance.now() - begun).toBeLessThan(2000);
    expect(await client.untilClosed()).toBe("");
  });
});

describe("HttpServerMetrics", () => {
  it("counts connections and requests by method, route and status", async () => {
    const registry = new MetricsRegistry();
    const metrics = new HttpServerMetrics(registry.scope({}), "test", ({ url = "" }) => routeName(url.split("?")[0] ?? ""));
    const handler: ListenOptions["handler"] = (request, response) => {
      if (request.url === "/hang") return;
      void readBody(request).then(() => respond(response, 201, {}, "12345"));
    };
    const server = await start({ connectionLimit: 7, metrics, handler, http2ClearText: true, writeTimeoutMs: 100 });
    await fetch(`http://${server.address}/push.v1.PusherService/?x`, { method: "POST", body: "abc" });
    await askHttp2(server, "/push.v1.PusherService/", "abc");
    await fetch(`http://${server.address}/hang`, { method: "POST" }).catch(() => {});
    const labels = 'method="POST",route="push_v1_pusherservice"';
    const expected = [
      'test_tcp_connections_limit{protocol="http"} 7',
      `test_inflight_requests{${labels}} 0`,
      `test_request_duration_seconds_count{${labels},status_code="201",ws="false"} 2`,
      'test_request_duration_seconds_count{method="POST",route="hang",status_code="499",ws="false"} 1',
      `test_request_message_bytes_sum{${labels}} 6`,
      `test_response_message_bytes_sum{${labels}} 10`,
      `test_request_message_bytes_bucket{${labels},le="1048576"} 2`,
    ];
    await expect.poll(() => expected.filter((line) => !registry.render().replaceAll("1.048576e+06", "1048576").includes(line))).toEqual([]);
    await server.close(0);
    expect(registry.render()).toContain('test_tcp_connections{protocol="http"} 0');
  });

  it("has one series for all methods that clients make up", async () => {
    const registry = new MetricsRegistry();
    const metrics = new HttpServerMetrics(registry.scope({}), "test", () => "other");
    const server = await start({ metrics });
    await new Promise((resolve) => {
      http1({ port: server.port, host: "127.0.0.1", method: "PROPFIND" }, resolve).end();
    });
    await expect.poll(() => registry.render()).toContain('method="other",route="other"');
  });
});
