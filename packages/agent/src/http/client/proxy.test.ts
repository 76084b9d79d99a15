import { createServer as createTlsServer } from "node:https";
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { clientArguments } from "../testing/arguments.ts";
import type { Pair } from "../testing/certificates.ts";
import { TestCertificates } from "../testing/certificates.ts";
import { Origin } from "../testing/origin.ts";
import { TestProxy } from "../testing/proxy.ts";
import type { HttpClient, HttpResponse } from "./http-client.ts";
import { createHttpClient } from "./http-client.ts";

let stack: AsyncDisposableStack;

beforeEach(() => {
  stack = new AsyncDisposableStack();
});

afterEach(() => stack.disposeAsync());

function client(config: string): HttpClient {
  const made = createHttpClient(clientArguments(config), { name: "", userAgent: "flameline/1" });
  stack.defer(() => made.close());
  return made;
}

const ask = (made: HttpClient, url: string): Promise<HttpResponse> =>
  made.send({ method: "POST", url, headers: [["X-A", "1"]], body: Buffer.from("profile") });

describe("HttpClient through a proxy", () => {
  it("hands plain requests to it whole", async () => {
    const origin = stack.use(await Origin.start((_, response) => response.end("there")));
    const proxy = stack.use(await TestProxy.start({ names: ["upstream.invalid"] }));
    const made = client(`proxy_url = "http://pu:p%20p@${proxy.host}"\nproxy_connect_header = {"X-Proxy" = ["v"]}`);
    for (const host of [origin.host, `upstream.invalid:${origin.port}`]) {
      const response = await ask(made, `http://${host}/a?b`);
      expect(Buffer.from(response.body).toString()).toBe("there");
      expect(proxy.asked.at(-1)).toMatchObject({
        method: "POST",
        url: `http://${host}/a?b`,
        headers: { host, "x-a": "1", "proxy-authorization": `Basic ${btoa("pu:p p")}` },
      });
    }
    expect(origin.requests[0]).toMatchObject({ url: "/a?b", body: "profile" });
  });

  it("does not ask it for what no_proxy names", async () => {
    const origin = stack.use(await Origin.start());
    const proxy = stack.use(await TestProxy.start());
    await ask(client(`proxy_url = "http://${proxy.host}"\nno_proxy = "127.0.0.0/8"`), origin.url);
    expect([proxy.asked.length, origin.requests.length]).toEqual([0, 1]);
  });

  it("says that it cannot be reached, or does not want to", async () => {
    await expect(ask(client('proxy_url = "http://127.0.0.1:1"'), "https://upstream.invalid/")).rejects.toMatchObject({
      code: "refused",
      message: 'Post "https://upstream.invalid/": proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused',
    });
    const proxy = stack.use(await TestProxy.start({ status: "403 Forbidden" }));
    await expect(ask(client(`proxy_url = "http://${proxy.host}"`), "https://upstream.invalid/")).rejects.toMatchObject({
      code: "other",
      message: 'Post "https://upstream.invalid/": Forbidden',
    });
  });
});

describe.skipIf(!TestCertificates.available)("HttpClient through a tunnel (needs openssl)", () => {
  let certificates: TestCertificates;
  let server: Pair;

  beforeAll(() => {
    certificates = new TestCertificates();
    server = certificates.signed("server", ["DNS:upstream.invalid", "IP:127.0.0.1"]);
  });

  afterAll(() => certificates[Symbol.dispose]());

  const safeOrigin = async (): Promise<Origin> =>
    stack.use(
      await Origin.start(
        (_, response) => response.end("safe"),
        (handler) => createTlsServer({ key: server.key, cert: server.cert }, handler),
      ),
    );

  const trusting = (): string => `tls_config { ca_pem = ${JSON.stringify(certificates.authority.cert)} }`;

  it("opens one for https, with the proxy's credentials and headers, and keeps it", async () => {
    const origin = await safeOrigin();
    const proxy = stack.use(await TestProxy.start({ names: ["upstream.invalid"] }));
    const made = client(`proxy_url = "http://pu:pp@${proxy.host}"\nproxy_connect_header = {"X-Proxy" = ["v", "w"]}\n${trusting()}`);
    for (let round = 0; round < 2; round += 1) {
      expect(Buffer.from((await ask(made, `https://upstream.invalid:${origin.port}/`)).body).toString()).toBe("safe");
    }
    expect(proxy.asked).toMatchObject([
      {
        method: "CONNECT",
        url: `upstream.invalid:${origin.port}`,
        headers: {
          host: `upstream.invalid:${origin.port}`,
          "proxy-authorization": `Basic ${btoa("pu:pp")}`,
          "x-proxy": "v, w",
          "user-agent": "flameline/1",
        },
      },
    ]);
    expect(origin.requests[0]?.headers["proxy-authorization"]).toBeUndefined();
  });

  it("goes through a proxy that speaks TLS itself, for both kinds of requests", async () => {
    const safe = await safeOrigin();
    const plain = stack.use(await Origin.start((_, response) => response.end("plain")));
    const make = (handler: Parameters<typeof createTlsServer>[1]): ReturnType<typeof createTlsServer> =>
      createTlsServer({ key: server.key, cert: server.cert }, handler);
    const proxy = stack.use(await TestProxy.start({ make }));
    const made = client(`proxy_url = "https://${proxy.host}"\n${trusting()}`);
    expect(Buffer.from((await ask(made, `https://127.0.0.1:${safe.port}/`)).body).toString()).toBe("safe");
    expect(Buffer.from((await ask(made, plain.url)).body).toString()).toBe("plain");
    expect(proxy.asked.map(({ method }) => method)).toEqual(["CONNECT", "POST"]);
  });
});

/** A SOCKS 5 proxy that wants user `u` with password `p`, resolves every name to loopback and refuses port 1. */
async function startSocks(): Promise<{ port: number; targets: string[] }> {
  const targets: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    void serve(socket, targets);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  stack.defer(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, targets };
}

const nextChunk = (socket: Socket): Promise<Buffer> =>
  new Promise((resolve) => {
    socket.once("data", resolve);
  });

async function serve(socket: Socket, targets: string[]): Promise<void> {
  const [, , ...methods] = await nextChunk(socket);
  socket.write(Uint8Array.from([5, methods.includes(2) ? 2 : 0xff]));
  if (!methods.includes(2)) return;
  const login = await nextChunk(socket);
  const fine = login.equals(Buffer.from([1, 1, 0x75, 1, 0x70]));
  socket.write(Uint8Array.from([1, fine ? 0 : 1]));
  if (!fine) return;
  const request = await nextChunk(socket);
  const port = request.readUInt16BE(request.length - 2);
  const host = request[3] === 3 ? request.subarray(5, -2).toString() : [...request.subarray(4, -2)].join(".");
  targets.push(`${host}:${port}`);
  const onward = connect(port, "127.0.0.1", () => {
    // In two pieces, as slow networks deliver it.
    socket.write(Uint8Array.from([5, 0, 0, 1, 127]));
    setTimeout(() => {
      socket.write(Uint8Array.from([0, 0, 1, 0, 80]));
      socket.pipe(onward);
      onward.pipe(socket);
    }, 10);
  });
  onward.on("error", () => socket.end(Uint8Array.from([5, 5, 0, 1, 0, 0, 0, 0, 0, 0])));
}

describe("HttpClient through SOCKS 5", () => {
  it("lets the proxy resolve names and connect", async () => {
    const origin = stack.use(await Origin.start((_, response) => response.end("there")));
    const proxy = await startSocks();
    const made = client(`proxy_url = "socks5://u:p@127.0.0.1:${proxy.port}"`);
    for (const host of ["upstream.invalid", "127.0.0.1"]) {
      expect(Buffer.from((await ask(made, `http://${host}:${origin.port}/`)).body).toString()).toBe("there");
    }
    expect(proxy.targets).toEqual([`upstream.invalid:${origin.port}`, `127.0.0.1:${origin.port}`]);
    expect(origin.requests[0]).toMatchObject({ url: "/", body: "profile" });
  });

  it("says why the proxy refuses", async () => {
    const proxy = await startSocks();
    const refusal = (config: string): Promise<string> =>
      ask(client(config), "http://upstream.invalid:1/").catch((error: Error) => error.message) as Promise<string>;
    expect(await refusal(`proxy_url = "socks5://u:p@127.0.0.1:${proxy.port}"`)).toContain("connection refused");
    expect(await refusal(`proxy_url = "socks5://u:x@127.0.0.1:${proxy.port}"`)).toContain("username/password authentication failed");
    expect(await refusal(`proxy_url = "socks5://127.0.0.1:${proxy.port}"`)).toContain("no acceptable authentication methods");
  });
});
