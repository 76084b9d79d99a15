import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MetricsRegistry } from "../../metrics/registry.ts";
import { clientArguments } from "../testing/arguments.ts";
import type { Answer } from "../testing/origin.ts";
import { Origin } from "../testing/origin.ts";
import { HttpClientError } from "./http-client-error.ts";
import type { HttpClient, HttpRequest, HttpResponse } from "./http-client.ts";
import { createHttpClient } from "./http-client.ts";

const userAgent = "flameline/1 (linux; binary)";

let stack: AsyncDisposableStack;

beforeEach(() => {
  stack = new AsyncDisposableStack();
});

afterEach(() => stack.disposeAsync());

function client(config = ""): HttpClient {
  const made = createHttpClient(clientArguments(config), { name: "test", userAgent });
  stack.defer(() => made.close());
  return made;
}

async function origin(answer?: Answer): Promise<Origin> {
  return stack.use(await Origin.start(answer));
}

function post(made: HttpClient, url: string, more: Partial<HttpRequest> = {}): Promise<HttpResponse> {
  return made.send({ method: "POST", url, headers: [], body: Buffer.from("profile"), ...more });
}

async function failureOf(sent: Promise<unknown>): Promise<HttpClientError> {
  const error = await sent.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(HttpClientError);
  return error as HttpClientError;
}

const textOf = ({ body }: HttpResponse): string => Buffer.from(body).toString();

describe("HttpClient.send() with onData", () => {
  it("passes a body on while it comes, whatever its size, and keeps that of an error", async () => {
    let end: () => void = () => undefined;
    const server = await origin((request, response) => {
      if (request.url === "/error") response.writeHead(403).end("no");
      else response.write("first");
      end = () => response.end("last");
    });
    const seen: string[] = [];
    const request = {
      method: "GET",
      headers: [],
      maxResponseBytes: 3,
      onData: (chunk: Uint8Array) => seen.push(Buffer.from(chunk).toString()),
    };
    const sent = client().send({ ...request, url: server.url });
    await expect.poll(() => seen).toEqual(["first"]);
    end();
    expect(textOf(await sent)).toBe("");
    expect(seen).toEqual(["first", "last"]);
    const refused = await client().send({ ...request, url: `${server.url}/error` });
    expect([refused.status, textOf(refused), seen.length]).toEqual([403, "no", 2]);
  });

  it("ends when its signal aborts", async () => {
    const server = await origin((_, response) => void response.write("first"));
    const stop = new AbortController();
    const sent = client().send({ method: "GET", url: server.url, headers: [], signal: stop.signal, onData: () => stop.abort() });
    expect((await failureOf(sent)).code).toBe("canceled");
  });
});

describe("HttpClient.send()", () => {
  it("sends method, path, headers and body, and gives status, headers and body", async () => {
    const server = await origin((_, response) => {
      response.writeHead(418, "Short and stout", { "X-A": "1", "set-cookie": ["a", "b"] }).end("tea");
    });
    const response = await post(client(), `${server.url}/a/b?c=%20d`, { headers: [["X-Scope-OrgID", "t"]] });
    expect(response).toMatchObject({ status: 418, statusText: "Short and stout" });
    expect([response.headers.get("x-a"), response.headers.get("set-cookie")]).toEqual(["1", "a"]);
    expect(textOf(response)).toBe("tea");
    const [seen] = server.requests;
    expect(seen).toMatchObject({ method: "POST", url: "/a/b?c=%20d", body: "profile" });
    expect(seen?.headers).toMatchObject({ "x-scope-orgid": "t", "user-agent": userAgent, "content-length": "7", host: server.host });
    expect(seen?.headers["accept-encoding"]).toBeUndefined();
  });

  it("sends a body of several parts as one", async () => {
    const server = await origin();
    await post(client(), server.url, { body: [Buffer.from("pro"), Buffer.from("fi"), Buffer.from("le")] });
    await post(client(), server.url, { body: [] });
    expect(server.requests.map(({ body }) => body)).toEqual(["profile", ""]);
    expect(server.requests[1]?.headers["content-length"]).toBe("0");
  });

  it("sends large parts one after the other with the length of all, again after a redirect", async () => {
    const server = await origin(({ url }, response) => {
      if (url === "/from") response.writeHead(307, { location: "/to" });
      response.end();
    });
    const parts = ["a", "b", "c"].map((letter) => Buffer.alloc(400_000, letter));
    await post(client(), `${server.url}/from`, { body: parts });
    const expected = parts.join("");
    expect(server.requests.map(({ url, body }) => [url, body === expected])).toEqual([
      ["/from", true],
      ["/to", true],
    ]);
    expect(server.requests.map(({ headers }) => [headers["content-length"], headers["transfer-encoding"]])).toEqual([
      ["1200000", undefined],
      ["1200000", undefined],
    ]);
  });

  it("gives up large parts that the server does not read, and serves the next request", async () => {
    const stuck = createServer((socket) => socket.pause());
    await new Promise<void>((resolve) => {
      stuck.listen(0, "127.0.0.1", resolve);
    });
    stack.defer(() => void stuck.close());
    const made = client();
    const url = `http://127.0.0.1:${(stuck.address() as AddressInfo).port}`;
    const body = [Buffer.alloc(10), Buffer.alloc(20_000_000), Buffer.alloc(10_000_000)];
    expect(await failureOf(post(made, url, { body, timeoutMs: 100 }))).toMatchObject({ code: "timeout" });
    const server = await origin();
    expect(await post(made, server.url, { body: [Buffer.alloc(100_000), Buffer.alloc(1)] })).toMatchObject({ status: 200 });
  });

  it("lets the request's headers win, and keeps those about the connection to itself", async () => {
    const server = await origin();
    const headers = [
      ["user-agent", "mine/1"],
      ["Host", "other.example"],
      ["Authorization", "Custom c"],
      ["Transfer-Encoding", "chunked"],
      ["Content-Length", "99"],
      ["X-Text", "é"],
    ] as const;
    await post(client('bearer_token = "t"'), server.url, { headers });
    const [seen] = server.requests;
    expect(seen?.headers).toMatchObject({
      "user-agent": "mine/1",
      host: "other.example",
      authorization: "Custom c",
      "content-length": "7",
    });
    expect(seen?.headers["transfer-encoding"]).toBeUndefined();
    expect(Buffer.from(seen?.headers["x-text"] ?? "", "latin1").toString()).toBe("é");
  });

  it("adds http_headers once to each request", async () => {
    const server = await origin();
    const made = client('http_headers = {"X-Multi" = ["1", "2"], "x-low" = ["l"]}');
    for (let round = 0; round < 3; round += 1) await post(made, server.url, { headers: [["X-Multi", "0"]] });
    for (const { rawHeaders } of server.requests) {
      expect(rawHeaders.filter((_, at) => rawHeaders[at - 1]?.toLowerCase() === "x-multi")).toEqual(["0", "1", "2"]);
    }
  });

  it("keeps headers about the connection among http_headers to itself", async () => {
    const server = await origin();
    await post(client('http_headers = { "Transfer-Encoding" = ["chunked"], "X-Kept" = ["1"] }'), server.url);
    expect(server.requests[0]?.headers).toMatchObject({ "content-length": "7", "x-kept": "1" });
    expect(server.requests[0]?.headers).not.toHaveProperty("transfer-encoding");
  });

  it("does not undo a content encoding", async () => {
    const packed = gzipSync("profile");
    const server = await origin((_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(packed));
    expect(Buffer.from((await post(client(), server.url)).body)).toEqual(packed);
  });

  it("uses one connection for requests that follow each other", async () => {
    const server = await origin();
    const made = client();
    for (let round = 0; round < 5; round += 1) await post(made, server.url);
    expect(server.connections).toBe(1);
    await Promise.all([1, 2, 3].map(() => post(made, server.url)));
    expect(server.connections).toBe(3);
  });

  it("closes the connection after a request that says so", async () => {
    const server = await origin();
    const made = client();
    await post(made, server.url, { headers: [["Connection", "close"]] });
    await post(made, server.url);
    expect(server.requests[0]?.headers["connection"]).toBe("close");
    expect(server.connections).toBe(2);
  });

  it("refuses a header that could smuggle another one", async () => {
    const server = await origin();
    const error = await failureOf(post(client(), server.url, { headers: [["X-A", "1\r\nX-B: 2"]] }));
    expect(error.reason).toBe('net/http: invalid header field value for "X-A"');
  });
});

describe("HttpClient.send() without an answer", () => {
  it("says that nobody listens", async () => {
    const error = await failureOf(post(client(), "http://127.0.0.1:1/x?y=z"));
    expect(error).toMatchObject({
      code: "refused",
      reason: "dial tcp 127.0.0.1:1: connect: connection refused",
      message: 'Post "http://127.0.0.1:1/x?y=z": dial tcp 127.0.0.1:1: connect: connection refused',
    });
  });

  it("says that the name is unknown", async () => {
    const error = await failureOf(client().send({ method: "GET", url: "http://nowhere.invalid/", headers: [] }));
    expect(error.code).toBe("dns");
    expect(error.message).toMatch(
      /^Get "http:\/\/nowhere\.invalid\/": (dial tcp: lookup nowhere\.invalid: no such host|getaddrinfo EAI_AGAIN)/,
    );
  });

  it("says that the URL cannot be used", async () => {
    expect((await failureOf(post(client(), "::x"))).message).toBe('parse "::x": missing protocol scheme');
    expect((await failureOf(post(client(), "ftp://a/"))).message).toBe('Post "ftp://a/": unsupported protocol scheme "ftp"');
    expect((await failureOf(post(client(), "http://u:secret@127.0.0.1:1"))).message).not.toContain("secret");
  });

  it("says that the server hung up, before and in the middle of the answer", async () => {
    const before = await origin((_, response) => response.socket?.destroy());
    expect(await failureOf(post(client(), before.url))).toMatchObject({ code: "closed", reason: "EOF" });
    const middle = await origin((_, response) => {
      response.writeHead(200, { "content-length": 10 }).write("pro");
      setTimeout(() => response.socket?.destroy(), 20);
    });
    expect(await failureOf(post(client(), middle.url))).toMatchObject({ code: "closed", reason: "unexpected EOF" });
  });

  it("says that what came was no HTTP", async () => {
    const server = createServer((socket) => socket.end("SSH-2.0-x\r\n\r\n")).listen(0, "127.0.0.1");
    stack.defer(() => void server.close());
    await new Promise((resolve) => {
      server.once("listening", resolve);
    });
    const error = await failureOf(post(client(), `http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    const reason = 'net/http: HTTP/1.x transport connection broken: malformed HTTP response "SSH-2.0-x"';
    expect(error).toMatchObject({ code: "closed", reason });
  });

  it("ends after its time, while waiting for the answer and while reading it", async () => {
    const silent = await origin(() => {});
    const stalled = await origin((_, response) => response.writeHead(200, { "content-length": 10 }).write("pro"));
    for (const { url } of [silent, stalled]) {
      const error = await failureOf(post(client(), url, { timeoutMs: 60 }));
      expect(error).toMatchObject({ code: "timeout", message: `Post "${url}/": context deadline exceeded` });
    }
  });

  it("ends when the caller gives up, before and during", async () => {
    const silent = await origin(() => {});
    expect(await failureOf(post(client(), silent.url, { signal: AbortSignal.abort() }))).toMatchObject({
      code: "canceled",
      reason: "context canceled",
    });
    const controller = new AbortController();
    const sent = post(client(), silent.url, { signal: controller.signal });
    await expect.poll(() => silent.requests.length).toBe(1);
    controller.abort();
    expect(await failureOf(sent)).toMatchObject({ code: "canceled" });
    expect(await failureOf(post(client(), silent.url, { signal: AbortSignal.timeout(30) }))).toMatchObject({ code: "timeout" });
  });

  it("stops reading an answer that is too large, announced or not", async () => {
    const announced = await origin((_, response) => response.end(Buffer.alloc(2000)));
    const endless = await origin((_, response) => {
      response.write(Buffer.alloc(700));
      response.write(Buffer.alloc(700));
    });
    for (const { url } of [announced, endless]) {
      const error = await failureOf(post(client(), url, { maxResponseBytes: 1000 }));
      expect(error).toMatchObject({ code: "too_large", reason: "response body is larger than 1000 bytes" });
    }
  });

  it("repeats a GET, but no POST, when the server closes the kept connection under it", async () => {
    const served = new WeakSet<object>();
    const server = await origin((_, response) => {
      const { socket } = response;
      if (socket === null) return;
      if (served.has(socket)) socket.destroy();
      else response.end("ok");
      served.add(socket);
    });
    const made = client();
    const get = (): Promise<HttpResponse> => made.send({ method: "GET", url: server.url, headers: [] });
    await get();
    expect(textOf(await get())).toBe("ok");
    expect(server.requests).toHaveLength(3);
    expect(await failureOf(post(made, server.url))).toMatchObject({ code: "closed" });
    expect(server.requests).toHaveLength(4);
  });

  it("does not repeat a GET that a new connection did not answer", async () => {
    const server = await origin((_, response) => response.socket?.destroy());
    await failureOf(client().send({ method: "GET", url: server.url, headers: [] }));
    expect(server.requests).toHaveLength(1);
  });

  it("works again after a failure", async () => {
    let healthy = false;
    const server = await origin((_, response) => (healthy ? response.end("ok") : response.socket?.destroy()));
    const made = client();
    await failureOf(post(made, server.url));
    healthy = true;
    expect(textOf(await post(made, server.url))).toBe("ok");
  });
});

describe("HttpClient.send() with credentials", () => {
  const directory = mkdtempSync(join(tmpdir(), "flameline-secrets-"));
  const file = join(directory, "secret");

  afterEach(() => rmSync(file, { force: true }));

  it.each([
    ['basic_auth { username = "user:é"\npassword = "p w" }', "Basic dXNlcjrDqTpwIHc="],
    ["basic_auth { }", "Basic Og=="],
    ['bearer_token = "tok"', "Bearer tok"],
    ['authorization { type = " ApiKey "\ncredentials = "abc" }', "ApiKey abc"],
    ["authorization { }", "Bearer "],
  ])("sends %j", async (config, value) => {
    const server = await origin();
    await post(client(config), server.url);
    expect(server.requests[0]?.headers["authorization"]).toBe(value.trim());
  });

  it("sends those in the URL", async () => {
    const server = await origin();
    await post(client('bearer_token = "t"'), `http://us:pa%25@${server.host}/`);
    expect(server.requests[0]?.headers["authorization"]).toBe(`Basic ${btoa("us:pa%")}`);
  });

  it("reads files for each request, without the white space around", async () => {
    const server = await origin();
    const made = client(`bearer_token_file = ${JSON.stringify(file)}`);
    const basic = client(`basic_auth { username = "u"\npassword_file = ${JSON.stringify(file)} }`);
    for (const secret of [" one\n", "two\r\n\r\n"]) {
      writeFileSync(file, secret);
      await post(made, server.url);
      await post(basic, server.url);
    }
    const sent = server.requests.map(({ headers }) => headers["authorization"]);
    expect(sent).toEqual(["Bearer one", `Basic ${btoa("u:one")}`, "Bearer two", `Basic ${btoa("u:two")}`]);
  });

  it("fails when the file cannot be read, without sending anything", async () => {
    const server = await origin();
    const missing = `unable to read file ${file}: open ${file}: no such file or directory`;
    const bearer = await failureOf(post(client(`bearer_token_file = ${JSON.stringify(file)}`), server.url));
    expect(bearer.message).toBe(`Post "${server.url}/": unable to read authorization credentials: ${missing}`);
    const basic = await failureOf(post(client(`basic_auth { password_file = ${JSON.stringify(file)} }`), server.url));
    expect(basic.reason).toBe(`unable to read basic auth password: ${missing}`);
    expect(server.requests).toHaveLength(0);
  });
});

describe("HttpClient.send() with redirects", () => {
  const redirect =
    (status: number, location: string): Answer =>
    (request, response) => {
      if (request.url.startsWith("/from")) response.writeHead(status, { location }).end();
      else response.end("arrived");
    };

  it("repeats method and body for 307 and 308, naming where it came from", async () => {
    for (const status of [307, 308]) {
      const server = await origin(redirect(status, "/to"));
      expect(textOf(await post(client(), `${server.url}/from?a`, { headers: [["Content-Type", "application/proto"]] }))).toBe("arrived");
      expect(server.requests[1]).toMatchObject({ method: "POST", url: "/to", body: "profile" });
      expect(server.requests[1]?.headers).toMatchObject({ referer: `${server.url}/from?a`, "content-type": "application/proto" });
    }
  });

  it("gives the answer itself rather than lose the body of a POST", async () => {
    for (const status of [301, 302, 303]) {
      const server = await origin(redirect(status, "/to"));
      expect((await post(client(), `${server.url}/from`)).status).toBe(status);
      expect(server.requests).toHaveLength(1);
    }
  });

  it("follows every kind for a GET", async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      const server = await origin(redirect(status, "/to"));
      expect(textOf(await client().send({ method: "GET", url: `${server.url}/from`, headers: [] }))).toBe("arrived");
    }
  });

  it("gives the answer itself when redirects are not followed or lead nowhere", async () => {
    const server = await origin(redirect(307, "/to"));
    expect((await post(client("follow_redirects = false"), `${server.url}/from`)).status).toBe(307);
    const nowhere = await origin((_, response) => response.writeHead(307).end());
    expect((await post(client(), nowhere.url)).status).toBe(307);
  });

  it("stops in a circle", async () => {
    const server = await origin(redirect(307, "/from"));
    const error = await failureOf(post(client(), `${server.url}/from`));
    expect(error.message).toBe(`Post "${server.url}/from": stopped after 10 redirects`);
    expect(server.requests).toHaveLength(10);
  });

  it("does not show credentials to another host, nor on the way back", async () => {
    const home = await origin((request, response) => {
      if (request.url === "/back") response.end();
      else response.writeHead(307, { location: `http://localhost:${away.port}/` }).end();
    });
    const away = await origin((_, response) => response.writeHead(307, { location: `${home.url}/back` }).end());
    await post(client('bearer_token = "t"\nhttp_headers = {"X-Tenant" = ["a"]}'), home.url);
    await post(client(), home.url, {
      headers: [
        ["Authorization", "Custom c"],
        ["Cookie", "c"],
        ["X-Tenant", "a"],
      ],
    });
    const shown = (server: Origin): unknown =>
      server.requests.map(({ headers }) => [headers["authorization"], headers["cookie"], headers["x-tenant"]]);
    expect(shown(away)).toEqual([
      [undefined, undefined, "a"],
      [undefined, undefined, "a"],
    ]);
    expect(shown(home)).toEqual([
      ["Bearer t", undefined, "a"],
      [undefined, undefined, "a"],
      ["Custom c", "c", "a"],
      ["Custom c", "c", "a"],
    ]);
  });
});

describe("createHttpClient() with metrics", () => {
  it("counts its connections under its name", async () => {
    const server = await origin();
    const registry = new MetricsRegistry();
    const made = createHttpClient(clientArguments(), { name: "one", userAgent, metrics: registry.scope({}) });
    await post(made, server.url);
    await failureOf(post(made, "http://127.0.0.1:1"));
    await made.close();
    await expect.poll(() => registry.render()).toContain('net_conntrack_dialer_conn_closed_total{dialer_name="one"} 1');
    const text = registry.render();
    expect(text).toContain('net_conntrack_dialer_conn_attempted_total{dialer_name="one"} 2');
    expect(text).toContain('net_conntrack_dialer_conn_established_total{dialer_name="one"} 1');
    expect(text).toContain('net_conntrack_dialer_conn_failed_total{dialer_name="one",reason="refused"} 1');
    expect(text).toContain('net_conntrack_dialer_conn_failed_total{dialer_name="one",reason="timeout"} 0');
  });
});
