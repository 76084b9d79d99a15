/** The SDKs that applications use, each in a program of its own: what they send and what the sink gets is compared byte for byte and label for label. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { TestCertificates } from "../../packages/agent/src/http/testing/certificates.ts";
import { Collector, freePort } from "../support/flameline.ts";
import { pprofRaw } from "../support/go.ts";
import { receiveAndWrite } from "../support/pipelines.ts";
import { decodePush, labelsOf, profilesOf } from "../support/push-service.ts";
import { findPart, missingParts, partsFolder, pythonOfParts } from "../support/real-parts.ts";
import type { Exchange } from "../support/recorder.ts";
import { Recorder } from "../support/recorder.ts";
import type { SinkRequest } from "../support/sink.ts";
import { Sink } from "../support/sink.ts";

const run = promisify(execFile);
const programs = join(import.meta.dirname, "sdks");
const needs = (...names: readonly string[]): boolean => missingParts(...names).length > 0;

interface Passage {
  /** What the SDK sent, and what it was told. */
  readonly sent: readonly Exchange[];
  /** What the sink got. */
  readonly delivered: readonly SinkRequest[];
}

/** Runs a program that pushes to the address it is given through a receiver and a writer that adds `cluster=test`. */
async function passage(program: (server: string) => Promise<unknown>): Promise<Passage> {
  await using sink = await Sink.listen();
  const port = await freePort();
  await using collector = await Collector.start({ config: receiveAndWrite(port, sink.url, 'external_labels = { cluster = "test" }') });
  await using recorder = await Recorder.start(port);
  await program(recorder.url);
  await collector.until("/-/ready", () => sink.requests.length >= recorder.exchanges.length, 30_000);
  return { sent: recorder.exchanges, delivered: sink.requests };
}

/** `app{a=b,c=d}` by hand. */
function namedLabels(name: string): Record<string, string> {
  const [, app = "", list = ""] = /^([^{]*)\{(.*)\}$/.exec(name) ?? [];
  const pairs = list.split(",").map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]);
  return { __name__: app, ...(Object.fromEntries(pairs) as Record<string, string>) };
}

/** Every request to `/ingest` arrived as it was, with the labels of its name and ours. Gives the labels, of which there must be one set a name. */
function expectSameIngests({ sent, delivered }: Passage, own: Readonly<Record<string, string>>): void {
  expect(sent.length).toBeGreaterThan(0);
  expect(delivered).toHaveLength(sent.length);
  for (const { url, headers, body, status } of sent) {
    expect([url.pathname, status]).toEqual(["/ingest", 200]);
    const arrived = delivered.find((request) => request.body.equals(body) && sameBut(request.url, url));
    expect(arrived?.headers["content-type"]).toBe(headers["content-type"]);
    const before = namedLabels(url.searchParams.get("name") ?? "");
    expect(before).toMatchObject(own);
    const after = namedLabels(arrived?.url.searchParams.get("name") ?? "");
    expect(after).toEqual({ ...before, service_name: before["__name__"], cluster: "test" });
  }
}

/** Login and tenant of the sender are for the receiver: it passes on neither. */
function expectNoCredentials({ sent, delivered }: Passage): void {
  for (const { headers } of sent)
    expect(headers).toMatchObject({ authorization: `Basic ${btoa("user:password")}`, "x-scope-orgid": "team" });
  for (const { headers } of delivered) expect([headers["authorization"], headers["x-scope-orgid"]]).toEqual([undefined, undefined]);
}

/** All parameters but the name are equal. */
function sameBut(one: URL, other: URL): boolean {
  const rest = ({ searchParams }: URL): string =>
    JSON.stringify([...searchParams].filter(([name]) => name !== "name").sort(([a], [b]) => (a < b ? -1 : 1)));
  return one.pathname === other.pathname && rest(one) === rest(other);
}

const bodies = (requests: readonly { readonly body: Buffer }[]): ReadonlySet<string> =>
  new Set(requests.map(({ body }) => body.toString("base64")));

/** A part of a multipart body, by a reader that is not ours. */
async function part({ headers, body }: SinkRequest, name: string): Promise<Buffer | undefined> {
  const type = String(headers["content-type"]);
  const value = (await new Response(new Uint8Array(body), { headers: { "content-type": type } }).formData()).get(name);
  if (value === null) return undefined;
  return typeof value === "string" ? Buffer.from(value) : Buffer.from(await value.arrayBuffer());
}

describe.skipIf(needs("go", "pyroscope-go"))("the Go SDK (needs go and pyroscope-go)", () => {
  it("reaches the sink with every type of profile", { timeout: 60_000 }, async () => {
    const through = await passage((SERVER) => run(findPart("pyroscope-go") ?? "", { env: { ...process.env, SERVER } }));
    expectSameIngests(through, { __name__: "go.app", region: "eu" });
    expectNoCredentials(through);
    const raws = await Promise.all(through.delivered.map(async (request) => pprofRaw((await part(request, "profile")) ?? Buffer.of())));
    for (const type of ["cpu/nanoseconds", "inuse_space/bytes", "alloc_objects/count", "goroutine/count", "contentions/count"]) {
      expect(raws.join("\n")).toContain(type);
    }
    expect(raws.some((raw) => raw.includes("controller:[hot]") && raw.includes("main.burn"))).toBe(true);
  });

  it("loses nothing while the server is away and the collector is killed, and reaches its tenant", { timeout: 60_000 }, async () => {
    const [port, sinkPort] = [await freePort(), await freePort()];
    const blocks = { receiver: 'tenant_headers = ["X-Scope-OrgID"]', endpoint: 'max_backoff_period = "500ms"' };
    await using collector = await Collector.start({ config: receiveAndWrite(port, `http://127.0.0.1:${sinkPort}`, "", blocks) });
    await using recorder = await Recorder.start(port);
    await run(findPart("pyroscope-go") ?? "", { env: { ...process.env, SERVER: recorder.url } });
    expect(recorder.exchanges.map(({ status }) => status)).toEqual(recorder.exchanges.map(() => 200));
    await collector.kill();
    await collector.restart();
    await using sink = await Sink.listen(sinkPort);
    await collector.until("/-/ready", () => sink.requests.length >= recorder.exchanges.length, 20_000);
    expect(bodies(sink.requests)).toEqual(bodies(recorder.exchanges));
    for (const { headers } of sink.requests) expect([headers["x-scope-orgid"], headers["authorization"]]).toEqual(["team", undefined]);
  });

  it.skipIf(!TestCertificates.available)("pushes over TLS and HTTP/2 as well (needs openssl)", { timeout: 60_000 }, async () => {
    using certificates = new TestCertificates();
    const { certFile, keyFile } = certificates.signed("server");
    await using sink = await Sink.listen();
    const port = await freePort();
    const http = `tls {\n cert_file = "${certFile}"\n key_file = "${keyFile}"\n }`;
    await using collector = await Collector.start({ config: receiveAndWrite(port, sink.url, "", { http }) });
    const env = {
      ...process.env,
      SERVER: `https://localhost:${port}`,
      SSL_CERT_FILE: certificates.authority.certFile,
      GODEBUG: "http2debug=1",
    };
    const { stderr } = await run(findPart("pyroscope-go") ?? "", { env });
    expect(stderr).toContain("http2: Transport");
    await collector.until("/-/ready", () => sink.requests.length > 3, 10_000);
    const answered = /^pyroscope_receive_http_request_duration_seconds_count\{.*status_code="200".*\} (\d+)$/m;
    expect(Number(answered.exec(await collector.text("/metrics"))?.[1])).toBe(sink.requests.length);
    for (const request of sink.requests) expect(await pprofRaw((await part(request, "profile")) ?? Buffer.of())).toContain("Samples:");
  });
});

describe.skipIf(needs("go", "@pyroscope/nodejs"))("the Node.js SDK (needs go and @pyroscope/nodejs)", () => {
  it("reaches the sink with wall and heap profiles", { timeout: 60_000 }, async () => {
    const through = await passage((SERVER) =>
      run(process.execPath, [join(programs, "node/program.mjs")], { env: { ...process.env, SERVER, PARTS: partsFolder } }),
    );
    expectSameIngests(through, { __name__: "node.app", region: "eu" });
    const raws = await Promise.all(through.delivered.map(({ body }) => pprofRaw(body)));
    for (const type of ["wall/nanoseconds", "space/bytes"]) expect(raws.join("\n")).toContain(type);
    expect(raws.join("\n")).toContain("hotLoop");
  });
});

describe.skipIf(needs("go", "pyroscope-io"))("the Python SDK (needs go and pyroscope-io)", () => {
  it("reaches the sink with CPU and memory profiles", { timeout: 60_000 }, async () => {
    const { sent, delivered } = await passage((SERVER) =>
      run(pythonOfParts, [join(programs, "python/program.py")], { env: { ...process.env, SERVER } }),
    );
    expect(sent.length).toBeGreaterThan(1);
    expectNoCredentials({ sent, delivered });
    expect(sent.every(({ url, status }) => url.pathname.endsWith("/Push") && status === 200)).toBe(true);
    const before = sent.flatMap(({ body, headers }) => decodePush(headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).series);
    const after = delivered.flatMap(({ body }) => decodePush(body).series);
    expect(profilesOf(after)).toEqual(profilesOf(before, (labels) => ({ ...withServiceName(labels), cluster: "test" })));
    expect(before.every((series) => labelsOf(series)["region"] === "eu")).toBe(true);
    const raws = await Promise.all(after.flatMap(({ samples }) => samples).map(({ rawProfile }) => pprofRaw(rawProfile)));
    expect(raws.join("\n")).toContain("hot_loop");
  });
});

function withServiceName(labels: Record<string, string>): Record<string, string> {
  const name = labels["__name__"] ?? "";
  return "service_name" in labels ? { ...labels, app_name: name } : { ...labels, service_name: name };
}

describe.skipIf(needs("jfr", "pyroscope-java"))("the Java SDK (needs jfr and pyroscope-java)", () => {
  it("reaches the sink with recordings that Java's own tool reads", { timeout: 60_000 }, async () => {
    const agent = `-javaagent:${findPart("pyroscope-java") ?? ""}`;
    const through = await passage((server) =>
      run("java", [agent, join(programs, "java/Program.java"), "3500"], { env: { ...process.env, ...javaSettings(server) } }),
    );
    expectSameIngests(through, { __name__: "java.app", region: "eu" });
    expect(through.delivered.every(({ url }) => url.searchParams.get("format") === "jfr")).toBe(true);
    const recordings = await Promise.all(through.delivered.map((request) => part(request, "jfr")));
    const summaries = await Promise.all(recordings.map((recording) => jfrSummary(gunzipSync(recording ?? gzipSync("")))));
    // The last recording may have come too soon for a sample; Java's tool reads it all the same.
    expect(summaries.join("\n")).toMatch(/jdk\.ExecutionSample +[1-9]/);
  });
});

const javaSettings = (server: string): NodeJS.ProcessEnv => ({
  PYROSCOPE_APPLICATION_NAME: "java.app",
  PYROSCOPE_SERVER_ADDRESS: server,
  PYROSCOPE_FORMAT: "jfr",
  PYROSCOPE_UPLOAD_INTERVAL: "1s",
  PYROSCOPE_LABELS: "region=eu",
  PYROSCOPE_PROFILER_EVENT: "itimer",
  PYROSCOPE_PROFILER_ALLOC: "64k",
  PYROSCOPE_PROFILER_LOCK: "1ms",
});

async function jfrSummary(recording: Uint8Array): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "jfr-"));
  try {
    const file = join(folder, "recording.jfr");
    writeFileSync(file, recording);
    return (await run("jfr", ["summary", file])).stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
