/** Two collectors in a row: `pyroscope.write` of one pushes to `pyroscope.receive_http` of the next. */
import { setTimeout as sleep } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestCertificates } from "../../packages/agent/src/http/testing/certificates.ts";
import { Collector, freePort } from "../support/flameline.ts";
import type { PipelineBlocks } from "../support/pipelines.ts";
import { receiveAndWrite } from "../support/pipelines.ts";
import { connectOverHttp1 } from "../support/push-clients.ts";
import { decodePush, profilesOf } from "../support/push-service.ts";
import { ingest, samplePprof, samplePush } from "../support/sample-pushes.ts";
import { Sink } from "../support/sink.ts";

let stack: AsyncDisposableStack;
let sink: Sink;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  sink = stack.use(await Sink.listen());
});

afterEach(() => stack.disposeAsync());

interface Hop extends PipelineBlocks {
  readonly name: string;
  readonly url: string;
  readonly queue: boolean;
  readonly port?: number;
}

interface Running {
  readonly collector: Collector;
  readonly port: number;
}

/** A collector that adds the label `hop_<name>`. */
async function hop({ name, url, queue, port: wanted, ...blocks }: Hop): Promise<Running> {
  const port = wanted ?? (await freePort());
  const config = receiveAndWrite(port, url, `external_labels = { hop_${name} = "yes" }`, blocks);
  return { collector: stack.use(await Collector.start({ config, queue })), port };
}

const local = (port: number): string => `http://127.0.0.1:${port}`;

const attempts = (count: number): string => `max_backoff_retries = ${count}\nmin_backoff_period = "50ms"\nmax_backoff_period = "200ms"`;

/** How many profiles a collector says that it has delivered. */
async function sent({ collector }: Running): Promise<number> {
  const line = /^pyroscope_write_sent_profiles_total\{.*\} (\d+)$/m.exec(await collector.text("/metrics"));
  return Number(line?.[1] ?? 0);
}

describe.each([true, false])("two collectors in a row (queue: %s)", (queue) => {
  it("deliver by both paths what was pushed, with the labels of both", async () => {
    const second = await hop({ name: "two", url: sink.url, queue });
    const first = await hop({ name: "one", url: local(second.port), queue });
    expect(await ingest(first.port, "app{a=b,__session_id__=7}")).toEqual({ status: 200, text: "" });
    const message = samplePush();
    await connectOverHttp1(local(first.port))(message);
    await expect.poll(() => Promise.all([sent(first), sent(second)]), { timeout: 10_000 }).toEqual([4, 4]);
    const ingested = sink.requests.find(({ url }) => url.pathname === "/ingest");
    expect(ingested?.body.equals(samplePprof)).toBe(true);
    expect(Object.fromEntries(ingested?.url.searchParams ?? [])).toEqual({
      name: "app{__session_id__=7,a=b,app_name=app,hop_one=yes,hop_two=yes,service_name=app}",
      format: "pprof",
      from: "1",
      until: "2",
    });
    const pushed = sink.requests.filter(({ url }) => url.pathname.endsWith("/Push")).flatMap(({ body }) => decodePush(body).series);
    const hops = { app_name: "process_cpu", hop_one: "yes", hop_two: "yes" };
    expect(profilesOf(pushed)).toEqual(profilesOf(message.series, (labels) => ({ ...labels, ...hops })));
  });

  it("lose nothing while the second one restarts", { timeout: 60_000 }, async () => {
    const second = await hop({ name: "two", url: sink.url, queue, endpoint: attempts(0) });
    const first = await hop({ name: "one", url: local(second.port), queue, endpoint: attempts(0) });
    const names = Array.from({ length: 60 }, (_, index) => `app${index}`);
    const told: Promise<{ readonly status: number }>[] = [];
    const traffic = async (part: readonly string[]): Promise<void> => {
      for (const name of part) {
        told.push(ingest(first.port, name));
        await sleep(20);
      }
    };
    await traffic(names.slice(0, 20));
    const { port } = second;
    await Promise.all([second.collector[Symbol.asyncDispose](), traffic(names.slice(20, 40))]);
    await Promise.all([hop({ name: "two", url: sink.url, queue, port, endpoint: attempts(0) }), traffic(names.slice(40))]);
    expect((await Promise.all(told)).filter(({ status }) => status !== 200)).toEqual([]);
    const arrived = (): readonly string[] => sink.requests.map(({ url }) => /^[^{]*/.exec(url.searchParams.get("name") ?? "")?.[0] ?? "");
    await expect.poll(() => new Set(arrived()).size, { timeout: 15_000 }).toBe(names.length);
    expect(new Set(arrived())).toEqual(new Set(names));
  });
});

describe("two collectors in a row without queues", () => {
  it("tell the sender what the server said", async () => {
    const second = await hop({ name: "two", url: sink.url, queue: false, endpoint: attempts(2) });
    const first = await hop({ name: "one", url: local(second.port), queue: false, endpoint: attempts(3) });
    for (const [status, code, tries] of [
      [422, Code.InvalidArgument, 1],
      [401, Code.Unauthenticated, 1],
      // Each of the three tries of the first one makes two of the second one.
      [503, Code.Internal, 6],
    ] as const) {
      sink.status = status;
      sink.requests.length = 0;
      expect((await ingest(first.port, "app{}")).status).toBe(status);
      expect([status, sink.requests.length]).toEqual([status, tries]);
      sink.requests.length = 0;
      const { series } = samplePush();
      await expect(connectOverHttp1(local(first.port))({ series: series.slice(1) })).rejects.toMatchObject({ code });
      expect([status, sink.requests.length]).toEqual([status, tries]);
    }
  });

  it("stop trying when the sender's time is over", async () => {
    const second = await hop({ name: "two", url: sink.url, queue: false, endpoint: attempts(0) });
    const first = await hop({ name: "one", url: local(second.port), queue: false, endpoint: attempts(0) });
    sink.status = 503;
    // Whoever sees first that no try is left in the time says so.
    const code: unknown = await connectOverHttp1(local(first.port))(samplePush(), 1500).catch((error: { code: unknown }) => error.code);
    expect([Code.DeadlineExceeded, Code.Internal]).toContain(code);
    expect(sink.requests.length).toBeGreaterThan(3);
    await sleep(300);
    const tried = sink.requests.length;
    await sleep(1000);
    expect(sink.requests).toHaveLength(tried);
  });

  it.skipIf(!TestCertificates.available)("trust each other by certificates (needs openssl)", async () => {
    const certificates = stack.use(new TestCertificates());
    const [server, client] = [certificates.signed("server"), certificates.signed("client", [])];
    const ca = certificates.authority.certFile;
    const http = `tls {
      cert_file        = "${server.certFile}"
      key_file         = "${server.keyFile}"
      client_ca_file   = "${ca}"
      client_auth_type = "RequireAndVerifyClientCert"
    }`;
    const second = await hop({ name: "two", url: sink.url, queue: false, http });
    const tls = (more: string): string => `${attempts(1)}\ntls_config {\nca_file = "${ca}"\n${more}\n}`;
    const url = `https://localhost:${second.port}`;
    const own = `cert_file = "${client.certFile}"\nkey_file = "${client.keyFile}"`;
    const first = await hop({ name: "one", url, queue: false, endpoint: tls(own) });
    await connectOverHttp1(local(first.port))(samplePush());
    expect((await ingest(first.port, "app{}")).status).toBe(200);
    expect(sink.requests).toHaveLength(3);
    const stranger = await hop({ name: "one", url, queue: false, endpoint: tls("") });
    expect((await ingest(stranger.port, "app{}")).status).toBe(500);
    expect(sink.requests).toHaveLength(3);
  });
});
