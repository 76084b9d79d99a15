/** `pyroscope.write` to a server behind nginx that wants client certificates: certificates that end and are replaced while the program runs. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Pair } from "../../packages/agent/src/http/testing/certificates.ts";
import { TestCertificates } from "../../packages/agent/src/http/testing/certificates.ts";
import { Collector, freePort } from "../support/flameline.ts";
import { Nginx } from "../support/nginx.ts";
import { receiveAndWrite } from "../support/pipelines.ts";
import { connectOverHttp1 } from "../support/push-clients.ts";
import { missingParts } from "../support/real-parts.ts";
import { ingest, samplePush } from "../support/sample-pushes.ts";
import { Sink } from "../support/sink.ts";

interface Files {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate with this life is put in place when all programs run, so that a busy machine makes no difference. */
const lifetimeMs = 3000;

describe.skipIf(!TestCertificates.available || missingParts("nginx").length > 0)(
  "pyroscope.write through nginx (needs nginx and openssl)",
  () => {
    let certificates: TestCertificates;
    let client: Pair;
    let stack: AsyncDisposableStack;
    let sink: Sink;

    beforeAll(() => {
      certificates = new TestCertificates();
      client = certificates.signed("client", []);
    });

    afterAll(() => certificates[Symbol.dispose]());

    beforeEach(async () => {
      stack = new AsyncDisposableStack();
      sink = stack.use(await Sink.listen());
    });

    afterEach(() => stack.disposeAsync());

    /** Every request makes a handshake of its own, as after a night without traffic. */
    async function front({
      server = certificates.signed("server"),
      more = "ssl_protocols TLSv1.2 TLSv1.3;",
    }: { server?: Files; more?: string } = {}): Promise<Nginx> {
      return stack.use(
        await Nginx.start(
          "ssl http2",
          `ssl_certificate        ${server.certFile};
        ssl_certificate_key    ${server.keyFile};
        ssl_client_certificate ${certificates.authority.certFile};
        ssl_verify_client      on;
        ssl_session_tickets    off;
        keepalive_timeout      0;
        ${more}
        location / {
          proxy_set_header X-Client   $ssl_client_s_dn;
          proxy_set_header X-Protocol "$server_protocol $ssl_protocol";
          proxy_pass       ${sink.url};
        }`,
        ),
      );
    }

    interface Running {
      readonly collector: Collector;
      readonly port: number;
    }

    async function collector(nginx: Nginx, tls: string, { queue = false, more = "" } = {}): Promise<Running> {
      const port = await freePort();
      const endpoint = `
      tls_config {
        ${tls}
      }
      min_backoff_period = "50ms"
      max_backoff_period = "200ms"
      ${more}`;
      const config = `logging { level = "debug" }\n${receiveAndWrite(port, `https://localhost:${nginx.port}/behind`, "", { endpoint })}`;
      return { collector: stack.use(await Collector.start({ config, queue })), port };
    }

    const trusting = (): string => `ca_file = "${certificates.authority.certFile}"`;
    const withFiles = ({ certFile, keyFile }: Files): string => `${trusting()}\ncert_file = "${certFile}"\nkey_file = "${keyFile}"`;

    /** Files that are given another content later. */
    function replaceable(pair: Files): Files & { readonly replace: (by: Files) => void } {
      const [certFile, keyFile] = [join(certificates.directory, "current.pem"), join(certificates.directory, "current.key")];
      const replace = (by: Files): void => {
        copyFileSync(by.certFile, certFile);
        copyFileSync(by.keyFile, keyFile);
      };
      replace(pair);
      return { certFile, keyFile, replace };
    }

    it("shows its certificate, over HTTP/2 unless that is switched off", async () => {
      const nginx = await front();
      const { port } = await collector(nginx, withFiles(client));
      expect(await ingest(port, "app{a=b}")).toEqual({ status: 200, text: "" });
      await connectOverHttp1(`http://127.0.0.1:${port}`)(samplePush());
      expect(sink.requests.map(({ url }) => url.pathname)).toEqual([
        "/behind/ingest",
        ...Array.from({ length: 2 }, () => "/behind/push.v1.PusherService/Push"),
      ]);
      for (const { headers } of sink.requests) expect(headers).toMatchObject({ "x-client": "CN=client", "x-protocol": "HTTP/2.0 TLSv1.3" });

      const { port: other } = await collector(
        nginx,
        `${trusting()}\ncert_pem = ${JSON.stringify(client.cert)}\nkey_pem = ${JSON.stringify(client.key)}`,
        {
          more: "enable_http2 = false",
        },
      );
      expect((await ingest(other, "app{}")).status).toBe(200);
      expect(sink.requests.at(-1)?.headers).toMatchObject({ "x-client": "CN=client", "x-protocol": "HTTP/1.1 TLSv1.3" });
    });

    it("tells the sender and the log that nginx wants a certificate", async () => {
      const { collector: running, port } = await collector(await front(), trusting());
      expect(await ingest(port, "app{}")).toEqual({ status: 400, text: "Bad Request" });
      await expect.poll(() => running.log()).toContain("No required SSL certificate was sent");
      expect(sink.requests).toHaveLength(0);
    });

    it("takes a renewed client certificate from its file after the old one has ended", { timeout: 40_000 }, async () => {
      const nginx = await front();
      const files = replaceable(client);
      const { collector: running, port } = await collector(nginx, withFiles(files));
      const status = async (): Promise<number> => (await ingest(port, "app{}")).status;
      expect(await status()).toBe(200);
      files.replace(certificates.signed("short", [], new Date(Date.now() + lifetimeMs)));
      await expect.poll(status, { timeout: 15_000, interval: 100 }).toBe(400);
      await expect.poll(() => running.log()).toContain("The SSL certificate error");
      files.replace(certificates.signed("renewed", []));
      await expect.poll(status, { timeout: 10_000 }).toBe(200);
      const names = sink.requests.map(({ headers }) => headers["x-client"]);
      expect([names[0], names.at(-1)]).toEqual(["CN=client", "CN=renewed"]);
    });

    it.each([true, false])("keeps profiles while the server's certificate has ended (queue: %s)", { timeout: 40_000 }, async (queue) => {
      const files = replaceable(certificates.signed("server"));
      const nginx = await front({ server: files });
      const { collector: running, port } = await collector(nginx, withFiles(client), { queue, more: "max_backoff_retries = 0" });
      expect((await ingest(port, "app{}")).status).toBe(200);
      await expect.poll(() => sink.requests.length, { timeout: 5000 }).toBe(1);
      const end = Date.now() + lifetimeMs;
      files.replace(certificates.signed("server-short", undefined, new Date(end)));
      nginx.reload();
      await sleep(end + 1000 - Date.now());
      const told = Promise.all(["a", "b", "c"].map((app) => ingest(port, app)));
      await expect.poll(() => running.log(), { timeout: 10_000 }).toContain("x509: certificate has expired or is not yet valid");
      expect(sink.requests).toHaveLength(1);
      files.replace(certificates.signed("server-renewed"));
      nginx.reload();
      expect((await told).map(({ status }) => status)).toEqual([200, 200, 200]);
      await expect.poll(() => sink.requests.length, { timeout: 10_000 }).toBe(4);
      const apps = sink.requests.map(({ url }) => url.searchParams.get("name")?.replace(/\{.*/, ""));
      expect(new Set(apps)).toEqual(new Set(["app", "a", "b", "c"]));
    });

    it("trusts another authority as soon as its file says so", async () => {
      using others = new TestCertificates();
      const files = replaceable(certificates.authority);
      const nginx = await front({ server: others.signed("server") });
      const tls = `ca_file = "${files.certFile}"\ncert_file = "${client.certFile}"\nkey_file = "${client.keyFile}"`;
      const { collector: running, port } = await collector(nginx, tls, { more: "max_backoff_retries = 0" });
      const told = ingest(port, "app{}");
      await expect.poll(() => running.log(), { timeout: 5000 }).toContain("x509: certificate signed by unknown authority");
      files.replace(others.authority);
      expect((await told).status).toBe(200);
    });

    it("does not speak to a server below min_version", async () => {
      const once = { more: "max_backoff_retries = 1" };
      const old = await front({ more: 'ssl_protocols TLSv1.1;\nssl_ciphers "ALL:@SECLEVEL=0";' });
      const refused = await collector(old, withFiles(client), once);
      expect(await ingest(refused.port, "app{}")).toEqual({ status: 500, text: "Failed to process request" });
      await expect.poll(() => refused.collector.log()).toContain("remote error: tls: protocol version not supported");
      const lenient = await collector(old, `${withFiles(client)}\nmin_version = "TLS11"`, once);
      expect((await ingest(lenient.port, "app{}")).status).toBe(200);
      expect(sink.requests.at(-1)?.headers["x-protocol"]).toContain("TLSv1.1");
      const middle = await front({ more: "ssl_protocols TLSv1.2;" });
      const strict = await collector(middle, `${withFiles(client)}\nmin_version = "TLS13"`, once);
      expect((await ingest(strict.port, "app{}")).status).toBe(500);
      const usual = await collector(middle, withFiles(client), once);
      expect((await ingest(usual.port, "app{}")).status).toBe(200);
      expect(sink.requests).toHaveLength(2);
    });
  },
);
