/** `push.v1` from clients that share no code with ours, over every protocol that the receiver speaks. */
import { execFile } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Pair } from "../../packages/agent/src/http/testing/certificates.ts";
import { TestCertificates } from "../../packages/agent/src/http/testing/certificates.ts";
import { Collector, freePort } from "../support/flameline.ts";
import { pprofRaw } from "../support/go.ts";
import { Nginx } from "../support/nginx.ts";
import { receiveAndWrite } from "../support/pipelines.ts";
import type { ClientTls, PushClient } from "../support/push-clients.ts";
import { connectNodeClients, connectOverHttp2, grpcJsClients } from "../support/push-clients.ts";
import type { PushMessage } from "../support/push-service.ts";
import { decodePush, profilesOf } from "../support/push-service.ts";
import { findPart, missingParts } from "../support/real-parts.ts";
import { samplePush } from "../support/sample-pushes.ts";
import { Sink } from "../support/sink.ts";

const run = promisify(execFile);

let sink: Sink;

beforeAll(async () => {
  sink = await Sink.listen();
});

afterAll(() => sink[Symbol.asyncDispose]());

beforeEach(() => {
  sink.status = 200;
  sink.requests.length = 0;
});

/** The sink got exactly what was pushed, series by series. */
async function expectArrived({ series }: PushMessage): Promise<void> {
  const arrived = sink.requests.flatMap(({ body }) => decodePush(body).series);
  expect(profilesOf(arrived)).toEqual(profilesOf(series, (labels) => ({ ...labels, app_name: "process_cpu" })));
  if (findPart("go") !== undefined)
    expect(await pprofRaw(arrived[0]?.samples[0]?.rawProfile ?? new Uint8Array())).toContain("cpu/nanoseconds");
}

/** The code with which the server refused. */
const refusal = (pushing: Promise<void>): Promise<unknown> =>
  pushing.then(
    () => 0,
    (error: unknown) => (error as { readonly code?: unknown }).code,
  );

describe.each([
  ["connect-node", connectNodeClients, false],
  ["@grpc/grpc-js (needs @grpc/grpc-js)", grpcJsClients, missingParts("@grpc/grpc-js").length > 0],
] as const)("pyroscope.receive_http with clients of %s", (_, clients, missing) => {
  describe.skipIf(missing).each(Object.entries(clients))("%s", (_, client) => {
    let collector: Collector;
    let url: string;

    beforeAll(async () => {
      const port = await freePort();
      const blocks = { http: "http2 { enabled = true }", endpoint: 'max_backoff_retries = 2\nmin_backoff_period = "20ms"' };
      collector = await Collector.start({ config: receiveAndWrite(port, sink.url, "", blocks), queue: false });
      url = `http://127.0.0.1:${port}`;
    });

    afterAll(() => collector[Symbol.asyncDispose]());

    it("delivers every profile with its labels and id", async () => {
      const message = samplePush();
      await client(url)(message);
      await expectArrived(message);
    });

    it("tells what will not pass by itself from what may", async () => {
      const push = client(url);
      for (const [status, code, attempts] of [
        [422, Code.InvalidArgument, 1],
        [401, Code.Unauthenticated, 1],
        [503, Code.Internal, 2],
      ] as const) {
        sink.status = status;
        sink.requests.length = 0;
        expect([status, await refusal(push(samplePush()))]).toEqual([status, code]);
        // One request for each of the two series.
        expect(sink.requests).toHaveLength(2 * attempts);
      }
    });
  });
});

describe.skipIf(!TestCertificates.available)("pyroscope.receive_http behind TLS (needs openssl)", () => {
  let certificates: TestCertificates;
  let server: Pair;
  let tls: ClientTls;
  let stack: AsyncDisposableStack;

  beforeAll(() => {
    certificates = new TestCertificates();
    server = certificates.signed("server");
    const { cert, key } = certificates.signed("client", []);
    tls = { ca: certificates.authority.cert, cert, key };
    stack = new AsyncDisposableStack();
  });

  afterAll(async () => {
    await stack.disposeAsync();
    certificates[Symbol.dispose]();
  });

  async function collector(http: string): Promise<number> {
    const port = await freePort();
    stack.use(await Collector.start({ config: receiveAndWrite(port, sink.url, "", { http }), queue: false }));
    return port;
  }

  async function expectService(client: PushClient, port: number): Promise<void> {
    const message = samplePush();
    await client(`https://localhost:${port}`, tls)(message);
    await expectArrived(message);
    sink.requests.length = 0;
    await expect(client(`https://localhost:${port}`, { ca: tls.ca })(samplePush(), 3000)).rejects.toThrow();
    expect(sink.requests).toHaveLength(0);
  }

  const requiring = (): string => `tls {
    cert_file        = "${server.certFile}"
    key_file         = "${server.keyFile}"
    client_ca_file   = "${certificates.authority.certFile}"
    client_auth_type = "RequireAndVerifyClientCert"
  }`;

  it("takes pushes of clients that have a certificate", async () => {
    const port = await collector(requiring());
    await expectService(connectOverHttp2, port);
    const [grpcJs] = Object.values(grpcJsClients);
    if (missingParts("@grpc/grpc-js").length === 0 && grpcJs !== undefined) await expectService(grpcJs, port);
  });

  it("shows a renewed certificate to new clients", async () => {
    const [certFile, keyFile] = [join(certificates.directory, "current.pem"), join(certificates.directory, "current.key")];
    const install = (pair: Pair): void => {
      copyFileSync(pair.certFile, certFile);
      copyFileSync(pair.keyFile, keyFile);
    };
    install(certificates.signed("first"));
    const port = await collector(`tls {\ncert_file = "${certFile}"\nkey_file = "${keyFile}"\n}`);
    const shown = async (): Promise<string> => {
      const args = ["s_client", "-connect", `127.0.0.1:${port}`, "-CAfile", certificates.authority.certFile, "-verify_return_error"];
      const child = run("openssl", args);
      child.child.stdin?.end();
      return /^subject=CN = (.*)$/m.exec((await child).stdout)?.[1] ?? "";
    };
    expect(await shown()).toBe("first");
    const client = connectOverHttp2(`https://localhost:${port}`, tls);
    await client(samplePush());
    install(certificates.signed("second"));
    await expect.poll(shown, { timeout: 5000 }).toBe("second");
    await client(samplePush());
    expect(sink.requests).toHaveLength(4);
  });

  describe.skipIf(missingParts("nginx").length > 0)("of nginx (needs nginx)", () => {
    it("takes gRPC and Connect that nginx passes on", async () => {
      const port = await collector("http2 { enabled = true }");
      const nginx = stack.use(
        await Nginx.start(
          "ssl http2",
          `ssl_certificate ${server.certFile};
          ssl_certificate_key ${server.keyFile};
          ssl_client_certificate ${certificates.authority.certFile};
          ssl_verify_client on;
          location / {
            if ($content_type ~ ^application/grpc) { grpc_pass grpc://127.0.0.1:${port}; }
            proxy_pass http://127.0.0.1:${port};
          }`,
        ),
      );
      await expectService(connectOverHttp2, nginx.port);
      const [grpcJs] = Object.values(grpcJsClients);
      if (missingParts("@grpc/grpc-js").length === 0 && grpcJs !== undefined) await expectService(grpcJs, nginx.port);
    });
  });
});
