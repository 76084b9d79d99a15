import { copyFileSync, writeFileSync } from "node:fs";
import { createSecureServer } from "node:http2";
import type { TlsOptions } from "node:tls";
import { createServer } from "node:https";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { clientArguments } from "../testing/arguments.ts";
import { TestCertificates } from "../testing/certificates.ts";
import type { Pair } from "../testing/certificates.ts";
import { Origin } from "../testing/origin.ts";
import type { HttpClient, HttpResponse } from "./http-client.ts";
import { createHttpClient } from "./http-client.ts";

describe.skipIf(!TestCertificates.available)("HttpClient over TLS (needs openssl)", () => {
  let certificates: TestCertificates;
  let server: Pair;
  let alice: Pair;
  let bob: Pair;
  let stack: AsyncDisposableStack;

  beforeAll(() => {
    certificates = new TestCertificates();
    server = certificates.signed("server");
    alice = certificates.signed("alice", []);
    bob = certificates.signed("bob", []);
  });

  afterAll(() => certificates[Symbol.dispose]());

  beforeEach(() => {
    stack = new AsyncDisposableStack();
  });

  afterEach(() => stack.disposeAsync());

  /** Answers with HTTP version, TLS version, server name and the client's name. */
  async function origin(options: TlsOptions = {}): Promise<Origin> {
    const all = { key: server.key, cert: server.cert, allowHTTP1: true, ...options };
    return stack.use(
      await Origin.start(
        () => {},
        (_) =>
          createSecureServer(all, (request, response) => {
            const socket = (request.stream?.session?.socket ?? request.socket) as TLSSocket;
            const name = socket.getPeerX509Certificate()?.subject ?? "CN=nobody";
            response.end([request.httpVersion, socket.getProtocol(), String(socket.servername), name].join(" "));
          }),
      ),
    );
  }

  function client(tls: string, more = ""): HttpClient {
    const made = createHttpClient(clientArguments(`tls_config {\n${tls}\n}\n${more}`), { name: "", userAgent: "flameline/1" });
    stack.defer(() => made.close());
    return made;
  }

  const quoted = (text: string): string => JSON.stringify(text);

  const ask = (made: HttpClient, { port }: Origin, host = "127.0.0.1"): Promise<HttpResponse> =>
    made.send({ method: "POST", url: `https://${host}:${port}/`, headers: [], body: Buffer.from("x") });

  const textOf = async (response: Promise<HttpResponse>): Promise<string> => Buffer.from((await response).body).toString();

  const trusting = (): string => `ca_pem = ${quoted(certificates.authority.cert)}`;

  it("agrees on HTTP/2 unless it is switched off", async () => {
    const there = await origin();
    expect(await textOf(ask(client(trusting()), there))).toBe("2.0 TLSv1.3 false CN=nobody");
    expect(await textOf(ask(client(trusting(), "enable_http2 = false"), there))).toBe("1.1 TLSv1.3 false CN=nobody");
  });

  it("speaks HTTP/1.1 with a server that offers nothing else", async () => {
    const plain = stack.use(
      await Origin.start(
        (_, response) => response.end("plain"),
        (handler) => createServer({ key: server.key, cert: server.cert }, handler),
      ),
    );
    expect(await textOf(ask(client(trusting()), plain))).toBe("plain");
  });

  it("opens one connection to a server that speaks HTTP/2, however many requests come at first", async () => {
    const there = await origin();
    const made = client(trusting());
    const all = await Promise.all(Array.from({ length: 30 }, () => textOf(ask(made, there))));
    expect(new Set(all)).toEqual(new Set(["2.0 TLSv1.3 false CN=nobody"]));
    expect(there.connections).toBe(1);
  });

  it("goes over to HTTP/2 with a server that does, over one connection, and outlives it", async () => {
    let http2 = false;
    const offered = (): string => (http2 ? "h2" : "http/1.1");
    const there = await origin({ ALPNCallback: ({ protocols }) => (protocols.includes(offered()) ? offered() : undefined) });
    const made = client(trusting());
    const burst = (): Promise<string[]> => Promise.all(Array.from({ length: 10 }, () => textOf(ask(made, there))));
    expect(new Set(await burst())).toEqual(new Set(["1.1 TLSv1.3 false CN=nobody"]));
    http2 = true;
    const kept = burst();
    const more = burst();
    expect(new Set([...(await kept), ...(await more)])).toEqual(new Set(["1.1 TLSv1.3 false CN=nobody", "2.0 TLSv1.3 false CN=nobody"]));
    expect(new Set(await burst())).toEqual(new Set(["2.0 TLSv1.3 false CN=nobody"]));
    there.resetConnections();
    await expect.poll(() => textOf(ask(made, there)).catch(String)).toBe("2.0 TLSv1.3 false CN=nobody");
  });

  it("lets all requests that wait for the first connection know why there is none", async () => {
    const there = await origin();
    const made = client("");
    const all = await Promise.allSettled(Array.from({ length: 30 }, () => ask(made, there)));
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    expect(there.connections).toBe(1);
    await expect(ask(made, there)).rejects.toThrow("certificate signed by unknown authority");
  });

  it("sends the host's name, or server_name instead of it", async () => {
    const there = await origin();
    expect(await textOf(ask(client(trusting()), there, "localhost"))).toContain("localhost");
    const named = client(`${trusting()}\nserver_name = "localhost"`);
    expect(await textOf(ask(named, there))).toContain("localhost");
  });

  it("takes authorities from a file", async () => {
    expect((await ask(client(`ca_file = ${quoted(certificates.authority.certFile)}`), await origin())).status).toBe(200);
  });

  it("refuses unknown authorities and other names, in Go's words", async () => {
    const there = await origin();
    const url = `https://127.0.0.1:${there.port}/`;
    await expect(ask(client(""), there)).rejects.toMatchObject({
      code: "tls",
      message: `Post "${url}": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    });
    await expect(ask(client(`${trusting()}\nserver_name = "other.example"`), there)).rejects.toMatchObject({
      code: "tls",
      reason: "tls: failed to verify certificate: x509: certificate is valid for localhost, not other.example",
    });
    const nameless = certificates.signed("nameless", []);
    await expect(ask(client(trusting()), await origin({ key: nameless.key, cert: nameless.cert }))).rejects.toMatchObject({
      reason: "tls: failed to verify certificate: x509: cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs",
    });
  });

  it("accepts anything with insecure_skip_verify", async () => {
    expect((await ask(client('insecure_skip_verify = true\nserver_name = "other.example"'), await origin())).status).toBe(200);
  });

  it("does not go below min_version, which is TLS 1.2 by default", async () => {
    const old = await origin({ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" });
    await expect(ask(client(trusting()), old)).rejects.toMatchObject({
      code: "tls",
      reason: "remote error: tls: protocol version not supported",
    });
    expect(await textOf(ask(client(`${trusting()}\nmin_version = "TLS11"`), old))).toContain("TLSv1.1");
    const newer = await origin({ maxVersion: "TLSv1.2" });
    expect(await textOf(ask(client(trusting()), newer))).toContain("TLSv1.2");
    await expect(ask(client(`${trusting()}\nmin_version = "TLS13"`), newer)).rejects.toMatchObject({ code: "tls" });
  });

  it("says that the server speaks no TLS", async () => {
    const plain = stack.use(await Origin.start());
    await expect(ask(client(trusting()), plain)).rejects.toMatchObject({
      code: "tls",
      reason: "tls: first record does not look like a TLS handshake",
    });
  });

  it("shows a client certificate, and is refused without one", async () => {
    const there = await origin({ ca: certificates.authority.cert, requestCert: true, rejectUnauthorized: true });
    const inline = client(`${trusting()}\ncert_pem = ${quoted(alice.cert)}\nkey_pem = ${quoted(alice.key)}`);
    expect(await textOf(ask(inline, there))).toContain("CN=alice");
    await expect(ask(client(trusting()), there)).rejects.toMatchObject({ code: expect.stringMatching(/^(tls|closed)$/) as string });
  });

  it("takes over a changed client certificate without a restart", async () => {
    const there = await origin({ ca: certificates.authority.cert, requestCert: true, rejectUnauthorized: true });
    const [certFile, keyFile] = [join(certificates.directory, "current.pem"), join(certificates.directory, "current.key")];
    const install = (pair: Pair): void => {
      copyFileSync(pair.certFile, certFile);
      copyFileSync(pair.keyFile, keyFile);
    };
    install(alice);
    const made = client(`${trusting()}\ncert_file = ${quoted(certFile)}\nkey_file = ${quoted(keyFile)}`);
    expect(await textOf(ask(made, there))).toContain("CN=alice");
    install(bob);
    await expect.poll(() => textOf(ask(made, there)), { timeout: 5000 }).toContain("CN=bob");
    writeFileSync(keyFile, "broken");
    await expect
      .poll(() => ask(made, there).catch((error: Error) => error.message), { timeout: 5000 })
      .toContain(
        `unable to use specified client cert (file ${certFile}) & key (file ${keyFile}): tls: failed to find any PEM data in key input`,
      );
  });

  it("is not built with what cannot be used", () => {
    const missing = join(certificates.directory, "missing.pem");
    const unreadable = `unable to read file ${missing}: open ${missing}: no such file or directory`;
    const broken: [string, string][] = [
      ['ca_pem = "not pem"', "unable to use specified CA cert inline"],
      [`ca_file = ${quoted(alice.keyFile)}`, `unable to use specified CA cert file ${alice.keyFile}`],
      [`ca_file = ${quoted(missing)}`, `unable to read CA cert: ${unreadable}`],
      [`cert_file = ${quoted(missing)}\nkey_file = ${quoted(missing)}`, `unable to read specified client cert: ${unreadable}`],
      [`cert_file = ${quoted(alice.certFile)}\nkey_file = ${quoted(missing)}`, `unable to read specified client key: ${unreadable}`],
      [
        `cert_pem = ${quoted(alice.cert)}\nkey_pem = ${quoted(bob.key)}`,
        "unable to use specified client cert (inline) & key (inline): tls: private key does not match public key",
      ],
      [
        'cert_pem = "x"\nkey_pem = "y"',
        "unable to use specified client cert (inline) & key (inline): tls: failed to find any PEM data in certificate input",
      ],
    ];
    for (const [config, message] of broken) expect(() => client(config)).toThrow(new Error(message));
  });
});
