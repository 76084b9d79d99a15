/** `pyroscope.write` through proxies that people run: squid, tinyproxy, microsocks. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { TestCertificates } from "../../packages/agent/src/http/testing/certificates.ts";
import { Collector, freePort } from "../support/flameline.ts";
import { Nginx } from "../support/nginx.ts";
import { receiveAndWrite } from "../support/pipelines.ts";
import type { RunningProxy } from "../support/proxies.ts";
import { escapedLogin, startMicrosocks, startSquid, startTinyproxy } from "../support/proxies.ts";
import { connectOverHttp1 } from "../support/push-clients.ts";
import { missingParts } from "../support/real-parts.ts";
import { ingest, samplePush } from "../support/sample-pushes.ts";
import { Sink } from "../support/sink.ts";

const skip = (...names: readonly string[]): boolean => missingParts("nginx", "openssl", ...names).length > 0;

let certificates: TestCertificates;
let stack: AsyncDisposableStack;
let sink: Sink;

beforeAll(() => {
  certificates = new TestCertificates();
});

afterAll(() => certificates[Symbol.dispose]());

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  sink = stack.use(await Sink.listen());
});

afterEach(() => stack.disposeAsync());

/** TLS in front of the sink; tells it by a header that it was passed. */
async function safe(): Promise<Nginx> {
  const server = certificates.signed("server", ["DNS:localhost", "IP:127.0.0.1", "DNS:upstream.invalid"]);
  const directives = `ssl_certificate ${server.certFile};
    ssl_certificate_key ${server.keyFile};
    location / {
      proxy_set_header X-Safe yes;
      proxy_pass ${sink.url};
    }`;
  return stack.use(await Nginx.start("ssl http2", directives));
}

interface Running {
  readonly collector: Collector;
  readonly port: number;
}

async function collector(url: string, endpoint: string, env: NodeJS.ProcessEnv = {}): Promise<Running> {
  const port = await freePort();
  const tls = `tls_config {\n ca_file = "${certificates.authority.certFile}"\n }`;
  // tinyproxy closes connections without notice.
  const blocks = { endpoint: `max_backoff_retries = 3\nmin_backoff_period = "50ms"\n${tls}\n${endpoint}` };
  const config = `logging { level = "debug" }\n${receiveAndWrite(port, url, "", blocks)}`;
  return { collector: stack.use(await Collector.start({ config, queue: false, env })), port };
}

/** One profile by each path; all three requests that they make arrive. */
async function pushBoth(port: number): Promise<void> {
  sink.requests.length = 0;
  expect(await ingest(port, "app{a=b}")).toEqual({ status: 200, text: "" });
  await connectOverHttp1(`http://127.0.0.1:${port}`)(samplePush());
  const push = "/push.v1.PusherService/Push";
  expect(sink.requests.map(({ url }) => url.pathname)).toEqual(["/ingest", push, push]);
}

/** Neither the log nor pages nor metrics show the password in any form. */
async function expectNoPassword({ collector: running }: Running, { login }: RunningProxy): Promise<void> {
  const pages = ["/api/v0/web/components", "/api/v0/web/components/pyroscope.write.sink", "/metrics"];
  const shown = [running.log(), ...(await Promise.all(pages.map((path) => running.text(path))))].join("\n");
  expect(shown).toContain("pyroscope.write.sink");
  const { user, password } = login;
  for (const form of [password, encodeURIComponent(password), btoa(`${user}:${password}`)]) expect(shown).not.toContain(form);
}

const proxyUrl = ({ port, login }: RunningProxy, user = `${escapedLogin(login)}@`): string =>
  `proxy_url = "http://${user}127.0.0.1:${port}"`;

/** Proxies log a tunnel when it has ended. */
const stop = ({ collector: running }: Running): Promise<void> => running[Symbol.asyncDispose]();

describe.each([
  ["squid", startSquid, 407],
  ["tinyproxy", startTinyproxy, 401],
] as const)("pyroscope.write through a proxy with logins: %s", (name, start, refusal) => {
  describe.skipIf(skip(name))(`(needs ${name}, nginx, openssl)`, () => {
    let proxy: RunningProxy;

    beforeAll(async () => {
      proxy = await start();
    });

    afterAll(() => proxy[Symbol.asyncDispose]());

    it("delivers to servers with and without TLS, and shows no password", async () => {
      const plain = await collector(sink.url, proxyUrl(proxy));
      await pushBoth(plain.port);
      for (const { headers } of sink.requests) {
        expect(headers["via"]).toContain(name);
        expect(headers["proxy-authorization"]).toBeUndefined();
      }
      await expectNoPassword(plain, proxy);

      const nginx = await safe();
      const tunnelled = await collector(`https://localhost:${nginx.port}`, proxyUrl(proxy));
      await pushBoth(tunnelled.port);
      for (const { headers } of sink.requests) expect(headers).toMatchObject({ "x-safe": "yes" });
      await expectNoPassword(tunnelled, proxy);
      await stop(tunnelled);
      await expect.poll(() => proxy.log()).toContain(`CONNECT localhost:${nginx.port}`);
    });

    it.each(["", "profiler:wrong@"])("says that the proxy refuses the login '%s'", async (login) => {
      const plain = await collector(sink.url, proxyUrl(proxy, login));
      expect((await ingest(plain.port, "app{}")).status).toBe(login === "" ? 407 : refusal);
      const nginx = await safe();
      const tunnelled = await collector(`https://localhost:${nginx.port}`, proxyUrl(proxy, login));
      expect((await ingest(tunnelled.port, "app{}")).status).toBe(500);
      await expect.poll(() => tunnelled.collector.log()).toMatch(/Proxy Authentication Required|Unauthorized/);
      expect(sink.requests).toHaveLength(0);
    });
  });
});

describe.skipIf(skip("squid"))("pyroscope.write with rules for a proxy (needs squid, nginx, openssl)", () => {
  let proxy: RunningProxy;

  beforeAll(async () => {
    proxy = await startSquid(["upstream.invalid", "a.direct.invalid"]);
  });

  afterAll(() => proxy[Symbol.asyncDispose]());

  /** The sink got the last pushes without the proxy. */
  function expectDirect(): void {
    expect(sink.requests.every(({ headers }) => headers["via"] === undefined)).toBe(true);
    expect(proxy.log()).not.toContain("direct.invalid");
  }

  it("lets the proxy look up names, and shows it proxy_connect_header when it opens a tunnel", async () => {
    const settings = `${proxyUrl(proxy)}\nproxy_connect_header = {"X-Proxy-Note" = ["for-the-proxy"]}`;
    const sinkUrl = `http://upstream.invalid:${sink.port}`;
    await pushBoth((await collector(sinkUrl, settings)).port);
    const nginx = await safe();
    const tunnelled = await collector(`https://upstream.invalid:${nginx.port}`, settings);
    await pushBoth(tunnelled.port);
    for (const { headers } of sink.requests) expect(headers["x-proxy-note"]).toBeUndefined();
    await stop(tunnelled);
    await expect.poll(() => proxy.log()).toContain(`CONNECT upstream.invalid:${nginx.port} 200 ${proxy.login.user} for-the-proxy`);
    expect(proxy.log()).toMatch(new RegExp(`POST ${sinkUrl}/ingest.* 200 ${proxy.login.user} -\n`));
  });

  it("does not ask it for what no_proxy names", async () => {
    const settings = `${proxyUrl(proxy)}\nno_proxy = ".direct.invalid, 127.0.0.0/8"`;
    await pushBoth((await collector(`http://upstream.invalid:${sink.port}`, settings)).port);
    await pushBoth((await collector(sink.url, settings)).port);
    const direct = await collector(`http://a.direct.invalid:${sink.port}`, settings);
    expect((await ingest(direct.port, "app{}")).status).toBe(500);
    await expect.poll(() => direct.collector.log()).toContain("dial tcp: lookup a.direct.invalid");
    expectDirect();
  });

  it("takes the proxy from the environment, which spares the host itself", async () => {
    const address = `http://${escapedLogin(proxy.login)}@127.0.0.1:${proxy.port}`;
    const env = { HTTP_PROXY: address, HTTPS_PROXY: address, NO_PROXY: ".direct.invalid" };
    const settings = "proxy_from_environment = true";
    const plain = await collector(`http://upstream.invalid:${sink.port}`, settings, env);
    await pushBoth(plain.port);
    await expectNoPassword(plain, proxy);
    const nginx = await safe();
    const tunnelled = await collector(`https://upstream.invalid:${nginx.port}`, settings, env);
    await pushBoth(tunnelled.port);
    await stop(tunnelled);
    await expect.poll(() => proxy.log()).toContain(`CONNECT upstream.invalid:${nginx.port} 200 ${proxy.login.user} -`);
    await pushBoth((await collector(sink.url, settings, env)).port);
    expect((await ingest((await collector(`http://a.direct.invalid:${sink.port}`, settings, env)).port, "app{}")).status).toBe(500);
    expectDirect();
  });
});

describe.skipIf(skip("microsocks"))("pyroscope.write through SOCKS 5 (needs microsocks, nginx, openssl)", () => {
  it("delivers to servers with and without TLS, and shows no password", async () => {
    const proxy = stack.use(await startMicrosocks());
    const settings = `proxy_url = "socks5://${escapedLogin(proxy.login)}@127.0.0.1:${proxy.port}"`;
    const plain = await collector(sink.url, settings);
    await pushBoth(plain.port);
    await expect.poll(() => proxy.log()).toContain(`connected to 127.0.0.1:${sink.port}`);
    await expectNoPassword(plain, proxy);
    const nginx = await safe();
    await pushBoth((await collector(`https://localhost:${nginx.port}`, settings)).port);
    await expect.poll(() => proxy.log()).toContain(`connected to localhost:${nginx.port}`);
  });

  it("says that the proxy refuses the login", async () => {
    const proxy = stack.use(await startMicrosocks());
    const refused = await collector(sink.url, `proxy_url = "socks5://profiler:wrong@127.0.0.1:${proxy.port}"`);
    expect((await ingest(refused.port, "app{}")).status).toBe(500);
    await expect.poll(() => refused.collector.log()).toContain("username/password authentication failed");
    expect(sink.requests).toHaveLength(0);
  });
});
