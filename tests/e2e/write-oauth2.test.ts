/** `pyroscope.write` with tokens of a real OAuth2 server. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestCertificates } from "../../packages/agent/src/http/testing/certificates.ts";
import { Collector, freePort } from "../support/flameline.ts";
import { Nginx } from "../support/nginx.ts";
import { OidcServer } from "../support/oidc-server.ts";
import { receiveAndWrite } from "../support/pipelines.ts";
import { escapedLogin, startSquid } from "../support/proxies.ts";
import { connectOverHttp1 } from "../support/push-clients.ts";
import { missingParts } from "../support/real-parts.ts";
import { ingest, samplePush } from "../support/sample-pushes.ts";
import { Sink } from "../support/sink.ts";

const scopes = 'scopes = ["profiles:write"]';
const quotedSecret = JSON.stringify(OidcServer.secret);

let stack: AsyncDisposableStack;
let sink: Sink;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  sink = stack.use(await Sink.listen());
});

afterEach(() => stack.disposeAsync());

interface Running {
  readonly collector: Collector;
  readonly port: number;
}

async function collector(oauth2: string, { queue = false, attempts = 1 } = {}): Promise<Running> {
  const port = await freePort();
  const waits = 'min_backoff_period = "50ms"\nmax_backoff_period = "200ms"';
  const blocks = { endpoint: `max_backoff_retries = ${attempts}\n${waits}\noauth2 {\n${oauth2}\n}` };
  const config = `logging { level = "debug" }\n${receiveAndWrite(port, sink.url, "", blocks)}`;
  return { collector: stack.use(await Collector.start({ config, queue })), port };
}

/** The tokens that the sink was shown, in order. */
const shownTokens = (): readonly string[] =>
  sink.requests.map(({ headers }) => /^Bearer (.+)$/.exec(headers["authorization"] as string)?.[1] ?? "none");

/** The log, the pages and the metrics in one. */
async function shownBy({ collector: running }: Running): Promise<string> {
  const pages = ["/api/v0/web/components", "/api/v0/web/components/pyroscope.write.sink", "/metrics"];
  return [running.log(), ...(await Promise.all(pages.map((path) => running.text(path))))].join("\n");
}

/** Neither secret nor token can be read anywhere, however they are escaped. */
async function expectNoSecrets(running: Running, secret: string = OidcServer.secret): Promise<void> {
  const shown = await shownBy(running);
  expect(shown).toContain("pyroscope.write.sink");
  const formEncoded = new URLSearchParams({ a: secret }).toString().slice(2);
  for (const form of [secret, formEncoded, encodeURIComponent(secret), btoa(secret), ...shownTokens()]) expect(shown).not.toContain(form);
}

describe.skipIf(missingParts("oidc-provider").length > 0)("pyroscope.write with oauth2 (needs oidc-provider)", () => {
  it.each(["with basic", "with-post"])("shows a valid token of client '%s', and another one before it ends", async (id) => {
    // Tokens are given up ten seconds before their end: after four seconds.
    const server = stack.use(await OidcServer.start({ ttlSeconds: 14 }));
    const running = await collector(`client_id = "${id}"\nclient_secret = ${quotedSecret}\ntoken_url = "${server.tokenUrl}"\n${scopes}`);
    expect((await ingest(running.port, "app{}")).status).toBe(200);
    await connectOverHttp1(`http://127.0.0.1:${running.port}`)(samplePush());
    const [first = "", ...same] = shownTokens();
    expect(same).toEqual([first, first]);
    expect(await server.introspect(first)).toMatchObject({ active: true, client_id: id, scope: "profiles:write" });
    await sleep(4100);
    expect((await ingest(running.port, "app{}")).status).toBe(200);
    const renewed = shownTokens().at(-1) ?? "";
    expect(renewed).not.toBe(first);
    expect(await server.introspect(renewed)).toMatchObject({ active: true, client_id: id });
    await expectNoSecrets(running);
  });

  it("says that the secret is wrong, and delivers when the file has the right one", async () => {
    const server = stack.use(await OidcServer.start());
    const folder = mkdtempSync(join(tmpdir(), "oauth2-"));
    stack.defer(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "secret");
    writeFileSync(file, "n0t-the-secret\n");
    const running = await collector(`client_id = "with basic"\nclient_secret_file = "${file}"\ntoken_url = "${server.tokenUrl}"`);
    expect(await ingest(running.port, "app{}")).toEqual({ status: 500, text: "Failed to process request" });
    await expect.poll(() => running.collector.log()).toContain('oauth2: \\"invalid_client\\"');
    expect(sink.requests).toHaveLength(0);
    await expectNoSecrets(running, "n0t-the-secret");
    writeFileSync(file, `${OidcServer.secret}\n`);
    expect((await ingest(running.port, "app{}")).status).toBe(200);
    expect(await server.introspect(shownTokens()[0] ?? "")).toMatchObject({ active: true });
    await expectNoSecrets(running);
  });

  it("says that the server refuses the scope", async () => {
    const server = stack.use(await OidcServer.start());
    const settings = `client_id = "with-post"\nclient_secret = ${quotedSecret}\ntoken_url = "${server.tokenUrl}"\nscopes = ["profiles:read"]`;
    const running = await collector(settings);
    expect((await ingest(running.port, "app{}")).status).toBe(500);
    await expect.poll(() => running.collector.log()).toContain('oauth2: \\"invalid_scope\\"');
    await expectNoSecrets(running);
  });

  it.each([true, false])("keeps profiles while the token server is away (queue: %s)", { timeout: 30_000 }, async (queue) => {
    const port = await freePort();
    const settings = `client_id = "with basic"\nclient_secret = ${quotedSecret}\ntoken_url = "http://127.0.0.1:${port}/token"`;
    const running = await collector(settings, { queue, attempts: 0 });
    const told = Promise.all(["a", "b", "c"].map((app) => ingest(running.port, app)));
    await expect.poll(() => running.collector.log(), { timeout: 5000 }).toContain("connection refused");
    const server = stack.use(await OidcServer.start({ port }));
    expect((await told).map(({ status }) => status)).toEqual([200, 200, 200]);
    await expect.poll(() => sink.requests.length, { timeout: 10_000 }).toBe(3);
    expect(await server.introspect(shownTokens()[0] ?? "")).toMatchObject({ active: true });
  });

  describe.skipIf(missingParts("nginx", "openssl", "squid").length > 0)(
    "of its own proxy and authority (needs nginx, openssl, squid)",
    () => {
      it("asks for tokens as oauth2 says, and goes to the endpoint directly", async () => {
        const server = stack.use(await OidcServer.start());
        const certificates = stack.use(new TestCertificates());
        const pair = certificates.signed("server", ["DNS:tokens.invalid"]);
        const nginx = stack.use(
          await Nginx.start(
            "ssl",
            `ssl_certificate ${pair.certFile};
          ssl_certificate_key ${pair.keyFile};
          location / { proxy_pass http://127.0.0.1:${server.port}; }`,
          ),
        );
        const proxy = stack.use(await startSquid(["tokens.invalid"]));
        const running = await collector(`
        client_id     = "with basic"
        client_secret = ${quotedSecret}
        token_url     = "https://tokens.invalid:${nginx.port}/token"
        proxy_url     = "http://${escapedLogin(proxy.login)}@127.0.0.1:${proxy.port}"
        tls_config {
          ca_file = "${certificates.authority.certFile}"
        }`);
        expect((await ingest(running.port, "app{}")).status).toBe(200);
        expect(sink.requests[0]?.headers["via"]).toBeUndefined();
        expect(await server.introspect(shownTokens()[0] ?? "")).toMatchObject({ active: true });
        await expectNoSecrets(running);
        await expectNoSecrets(running, proxy.login.password);
        await running.collector[Symbol.asyncDispose]();
        await expect.poll(() => proxy.log()).toContain(`CONNECT tokens.invalid:${nginx.port} 200 ${proxy.login.user}`);
      });
    },
  );
});
