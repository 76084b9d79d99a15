import { copyFileSync, writeFileSync } from "node:fs";
import { connect as http2 } from "node:http2";
import { request } from "node:https";
import { join } from "node:path";
import type { ConnectionOptions } from "node:tls";
import { connect } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { decodeText } from "../testing/arguments.ts";
import type { Pair } from "../testing/certificates.ts";
import { TestCertificates } from "../testing/certificates.ts";
import { serverTlsBlock } from "./arguments.ts";
import { respondText } from "./exchange.ts";
import type { RunningServer } from "./listen.ts";
import { listen } from "./listen.ts";

describe.skipIf(!TestCertificates.available)("listen() with TLS (needs openssl)", () => {
  let certificates: TestCertificates;
  let first: Pair;
  let second: Pair;
  let alice: Pair;
  let stranger: Pair;
  let others: TestCertificates;
  let stack: AsyncDisposableStack;
  let certificateErrors: string[];

  beforeAll(() => {
    certificates = new TestCertificates();
    others = new TestCertificates();
    first = certificates.signed("first");
    second = certificates.signed("second");
    alice = certificates.signed("alice", []);
    stranger = others.signed("stranger", []);
  });

  afterAll(() => {
    certificates[Symbol.dispose]();
    others[Symbol.dispose]();
  });

  beforeEach(() => {
    stack = new AsyncDisposableStack();
    certificateErrors = [];
  });

  afterEach(() => stack.disposeAsync());

  async function start(tls: string): Promise<RunningServer> {
    const server = await listen({
      address: "127.0.0.1",
      port: 0,
      tls: decodeText(serverTlsBlock, tls),
      handler: ({ httpVersion }: { readonly httpVersion?: string }, response) => respondText(response, 200, `version ${httpVersion}`),
      onCertificateError: (error) => certificateErrors.push(error.message),
    } as Parameters<typeof listen>[0]);
    stack.defer(() => server.close(0));
    return server;
  }

  const quoted = (text: string): string => JSON.stringify(text);

  const inline = (pair: Pair, more = ""): string => `cert_pem = ${quoted(pair.cert)}\nkey_pem = ${quoted(pair.key)}\n${more}`;

  /** Status of a request over HTTP/1.1, or the code of the error. */
  function ask({ port }: RunningServer, options: ConnectionOptions = {}): Promise<number | string> {
    return new Promise((resolve) => {
      const all = { port, host: "127.0.0.1", path: "/", ca: certificates.authority.cert, agent: false, ...options } as const;
      const asked = request(all, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      asked.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      asked.end();
    });
  }

  /** Whose certificate the server shows. */
  function shown({ port }: RunningServer): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", ca: certificates.authority.cert }, () => {
        const { subject } = socket.getPeerCertificate();
        socket.end();
        resolve(String(subject.CN));
      });
      socket.once("error", reject);
    });
  }

  it("speaks HTTP/1.1, and HTTP/2 with clients that offer it", async () => {
    const server = await start(inline(first));
    expect(await ask(server)).toBe(200);
    const session = http2(`https://127.0.0.1:${server.port}`, { ca: certificates.authority.cert });
    const stream = session.request({ ":path": "/" });
    let text = "";
    for await (const chunk of stream) text += String(chunk);
    session.close();
    expect(text).toBe("version 2.0\n");
  });

  it("does not answer clear text", async () => {
    const { port } = await start(inline(first));
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow("fetch failed");
  });

  it("survives clients that break off the handshake", async () => {
    const server = await start(inline(first));
    expect(await ask(server, { ca: others.authority.cert })).toBe("UNABLE_TO_VERIFY_LEAF_SIGNATURE");
    expect(await ask(server)).toBe(200);
  });

  it("shows a changed certificate without a restart, and keeps the old one when the new one cannot be used", async () => {
    const [certFile, keyFile] = [join(certificates.directory, "server.pem"), join(certificates.directory, "server.key")];
    const install = (pair: Pair): void => {
      copyFileSync(pair.certFile, certFile);
      copyFileSync(pair.keyFile, keyFile);
    };
    install(first);
    const server = await start(`cert_file = ${quoted(certFile)}\nkey_file = ${quoted(keyFile)}`);
    expect(await shown(server)).toBe("first");
    install(second);
    await expect.poll(() => shown(server), { timeout: 5000 }).toBe("second");
    writeFileSync(keyFile, "broken");
    await expect
      .poll(() => shown(server).then(() => certificateErrors), { timeout: 5000 })
      .toEqual(["failed to load X509KeyPair: tls: failed to find any PEM data in key input"]);
    expect(await shown(server)).toBe("second");
  });

  const nobody: ConnectionOptions = {};
  const known = (): ConnectionOptions => ({ cert: alice.cert, key: alice.key });
  const unknown = (): ConnectionOptions => ({ cert: stranger.cert, key: stranger.key });

  it.each([
    // type, without a certificate, with a signed one, with another one
    ["RequestClientCert", true, true, true],
    ["RequireAnyClientCert", false, true, true],
    ["RequireClientCert", false, true, true],
    ["VerifyClientCertIfGiven", true, true, false],
    ["RequireAndVerifyClientCert", false, true, false],
  ])("with client_auth_type %s lets in: nobody %s, known %s, unknown %s", async (type, none, signed, other) => {
    const server = await start(inline(first, `client_auth_type = "${type}"\nclient_ca_pem = ${quoted(certificates.authority.cert)}`));
    const lets = async (options: ConnectionOptions): Promise<boolean> => (await ask(server, options)) === 200;
    expect([await lets(nobody), await lets(known()), await lets(unknown())]).toEqual([none, signed, other]);
  });

  it("does not go below min_version", async () => {
    const server = await start(inline(first, 'min_version = "VersionTLS13"'));
    expect(await ask(server, { maxVersion: "TLSv1.2" })).toMatch(/EPROTO|PROTOCOL_VERSION/);
    const old = await start(inline(first, 'min_version = "VersionTLS10"'));
    const legacy: ConnectionOptions = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" };
    expect(await ask(old, legacy)).toBe(200);
    expect(await ask(await start(inline(first)), legacy)).toMatch(/EPROTO|PROTOCOL_VERSION/);
  });

  it("agrees on the configured cipher suites only", async () => {
    const server = await start(inline(first, 'cipher_suites = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"'));
    expect(await ask(server, { maxVersion: "TLSv1.2" })).toBe(200);
    expect(await ask(server, { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" })).toMatch(/EPROTO|HANDSHAKE_FAILURE/);
  });

  it("does not start with what cannot be used", async () => {
    const missing = join(certificates.directory, "missing");
    const refusals: [string, string][] = [
      [`cert_file = "c"\nkey_file = "k"\nmin_version = "TLS12"`, 'TLS version "TLS12" not recognized'],
      [inline(first, 'cipher_suites = "TLS_X"'), 'cipher suite "TLS_X" not recognized'],
      [inline(first, 'client_auth_type = "Maybe"'), "invalid ClientAuth: Maybe"],
      [inline(first, 'client_auth_type = "constructor"'), "invalid ClientAuth: constructor"],
      [inline(first, 'min_version = "toString"'), 'TLS version "toString" not recognized'],
      [inline(first, 'cipher_suites = "valueOf"'), 'cipher suite "valueOf" not recognized'],
      [inline(first, 'client_ca = "x"'), "client CA's have been configured without a Client Auth Policy"],
      [`cert_file = ${quoted(missing)}\nkey_file = "k"`, `failed to load X509KeyPair: open ${missing}: no such file or directory`],
      [
        `cert_pem = ${quoted(first.cert)}\nkey_pem = ${quoted(alice.key)}`,
        "failed to load X509KeyPair: tls: private key does not match public key",
      ],
      [
        inline(first, `client_auth_type = "RequireAnyClientCert"\nclient_ca_file = ${quoted(missing)}`),
        `open ${missing}: no such file or directory`,
      ],
    ];
    for (const [tls, message] of refusals) await expect(start(tls)).rejects.toThrow(new Error(message));
  });

  it("lets a request in progress end when it closes", async () => {
    let finish = (): void => {};
    const handler: Parameters<typeof listen>[0]["handler"] = (_, response) => (finish = () => respondText(response, 200, "done"));
    const server = await listen({ address: "127.0.0.1", port: 0, tls: decodeText(serverTlsBlock, inline(first)), handler });
    const answer = ask(server);
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
    const closed = server.close(5000);
    finish();
    expect(await answer).toBe(200);
    await closed;
  });
});
