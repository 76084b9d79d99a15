import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { encodePushRequest, Labels } from "@flameline/profile";
import { describe, expect, it } from "vitest";
import type { Profile } from "../../component/profile.ts";
import { DeliveryError } from "../../component/receiver.ts";
import { RecordingReceiver } from "../../component/testing/recording-receiver.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { pyroscopeReceiveHttp } from "./component.ts";

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

interface Sent {
  readonly path: string;
  readonly method?: string;
  /** Name, value, name, value … */
  readonly headers?: readonly string[];
  readonly body?: Uint8Array | string;
  readonly signal?: AbortSignal;
}

async function send(port: number, { path, method = "POST", headers = [], body = "", signal }: Sent): Promise<Answer> {
  const own = ["host", `127.0.0.1:${port}`, "content-length", String(Buffer.byteLength(body))];
  const outgoing = request({ port, path, method, headers: [...own, ...headers], ...(signal && { signal }), agent: false });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  const chunks = await incoming.toArray();
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) };
}

interface SetUp extends AsyncDisposable {
  readonly component: RunningComponent;
  readonly receivers: readonly RecordingReceiver[];
  readonly port: number;
}

/** A receiver on a free port in front of as many recording receivers. */
async function setUp(count = 1, http = ""): Promise<SetUp> {
  const receivers = Array.from({ length: count }, () => new RecordingReceiver());
  const names = Object.fromEntries(receivers.map((receiver, index) => [`r${index}`, receiver]));
  const body = bodyOf(Object.keys(names), http);
  const component = await RunningComponent.start(pyroscopeReceiveHttp, body, { receivers: names });
  return { component, receivers, port: portOf(component), [Symbol.asyncDispose]: () => component[Symbol.asyncDispose]() };
}

function bodyOf(names: readonly string[], http = ""): string {
  return `forward_to = [${names.join(", ")}]\nhttp {\nlisten_address = "127.0.0.1"\nlisten_port = 0\n${http}\n}\n`;
}

function portOf(component: RunningComponent): number {
  return Number(component.log.lines.find(({ message }) => message === "starting server")?.fields["port"]);
}

function ingestUrl(name: string, more = ""): string {
  return `/ingest?name=${encodeURIComponent(name)}${more}`;
}

const pushPath = "/push.v1.PusherService/Push";
const proto = ["content-type", "application/proto"];

function pushBody(
  ...series: readonly (readonly [Readonly<Record<string, string>>, ...(readonly [id: string, raw: string])[]])[]
): Uint8Array {
  return Buffer.concat(
    encodePushRequest(
      series.map(([labels, ...samples]) => ({
        labels: Labels.of(labels),
        samples: samples.map(([id, raw]) => ({ id, raw: Buffer.from(raw) })),
      })),
    ),
  );
}

function shown({ id, labels, body }: Profile): unknown {
  return { id, labels: labels.toRecord(), data: Buffer.from(body.data).toString() };
}

const refusal = new DeliveryError("refused: bad labels", { code: "invalid_argument", retryable: false, status: 422 });
const outage = new DeliveryError("no answer", { code: "unavailable", retryable: true });

function failWith(error: Error): () => void {
  return () => {
    throw error;
  };
}

describe("pyroscope.receive_http /ingest", () => {
  it.each([
    ["test_app", { __name__: "test_app", service_name: "test_app" }],
    ["test.app{env=prod,region=us-east}", { __name__: "test.app", service_name: "test.app", env: "prod", region: "us-east" }],
    ["test.app{invalid-label-syntax}", { __name__: "test.app", service_name: "test.app" }],
    ["test.app{service_name=my-service}", { __name__: "test.app", service_name: "my-service", app_name: "test.app" }],
  ])("gives %s its labels", async (name, labels) => {
    await using it = await setUp();
    expect(await send(it.port, { path: ingestUrl(name, "&from=1&until=2"), body: "main 1" })).toMatchObject({
      status: 200,
      body: Buffer.alloc(0),
    });
    expect(it.receivers[0]?.profiles[0]?.labels.toRecord()).toEqual(labels);
  });

  it("passes body, query and all content types on as they came", async () => {
    await using it = await setUp();
    const body = Uint8Array.from({ length: 300 }, (_, index) => index % 256);
    const path = `${ingestUrl("app")}&x=1&x=%20&from=now-10s`;
    await send(it.port, { path, headers: ["Content-Type", "a/b", "content-type", "c/d"], body });
    expect(it.receivers[0]?.profiles[0]?.body).toEqual({
      kind: "ingest",
      data: Buffer.from(body),
      path: "/ingest",
      query: path.slice("/ingest?".length),
      contentTypes: ["a/b", "c/d"],
    });
  });

  it("undoes a gzip content encoding", async () => {
    await using it = await setUp();
    await send(it.port, { path: ingestUrl("app"), headers: ["content-encoding", "gzip"], body: gzipSync("main 1") });
    expect(Buffer.from(it.receivers[0]?.profiles[0]?.body.data ?? []).toString()).toBe("main 1");
  });

  it.each([
    ["a bomb", gzipSync(Buffer.alloc(200 * 1024 * 1024)), "gzip", 413],
    ["garbage", Buffer.from("garbage"), "gzip", 400],
    ["an encoding nobody knows", Buffer.from("x"), "made-up", 415],
  ])("refuses %s", async (_, body, encoding, status) => {
    await using it = await setUp();
    expect(await send(it.port, { path: ingestUrl("app"), headers: ["content-encoding", encoding], body })).toMatchObject({ status });
    expect(it.receivers[0]?.calls).toEqual([]);
  });

  it.each([
    ["/ingest", "name: service name is required\n"],
    [ingestUrl("app{=v}"), "name: label name is required\n"],
    [ingestUrl("app{a-b=v}"), "name: invalid label name: a-b: character is not allowed: '-'\n"],
    [ingestUrl("app with space"), "name: invalid service name: app with space: character is not allowed: ' '\n"],
  ])("answers %s with 400 and the reason", async (path, body) => {
    await using it = await setUp();
    const answer = await send(it.port, { path, body: "main 1" });
    expect({ status: answer.status, body: answer.body.toString() }).toEqual({ status: 400, body });
    expect(it.receivers[0]?.calls).toEqual([]);
  });

  it("answers the status of the server that refused, although another receiver took it", async () => {
    await using it = await setUp(2);
    const [first, second] = it.receivers;
    if (second !== undefined) second.outcome = failWith(refusal);
    const answer = await send(it.port, { path: ingestUrl("app") });
    expect({ status: answer.status, body: answer.body.toString() }).toEqual({ status: 422, body: "Unprocessable Entity\n" });
    expect([first?.calls.length, second?.calls.length]).toEqual([1, 1]);
    const err = it.component.log.lines.find(({ message }) => message === "Failed to ingest profiles")?.fields["err"];
    expect(err).toMatchObject({ message: "failed to ingest profile to appendable 1: refused: bad labels" });
  });

  it("answers 500 when nobody said a status", async () => {
    await using it = await setUp();
    for (const receiver of it.receivers) receiver.outcome = failWith(outage);
    const answer = await send(it.port, { path: ingestUrl("app") });
    expect({ status: answer.status, body: answer.body.toString() }).toEqual({ status: 500, body: "Failed to process request\n" });
    expect(answer.headers).toMatchObject({ "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" });
  });

  it("says to the receivers that the client has gone", async () => {
    await using it = await setUp();
    const client = new AbortController();
    const gone = Promise.withResolvers<void>();
    const [receiver] = it.receivers;
    if (receiver !== undefined) {
      receiver.outcome = (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener("abort", () => {
            gone.resolve();
            reject(outage);
          });
          client.abort();
        });
    }
    await expect(send(it.port, { path: ingestUrl("app"), signal: client.signal })).rejects.toThrow("aborted");
    await gone.promise;
  });

  it("notices that the client went while its body was unpacked", async () => {
    await using it = await setUp();
    const [receiver] = it.receivers;
    if (receiver !== undefined) {
      receiver.outcome = (_, { signal }) =>
        new Promise((resolve) => {
          if (signal?.aborted === true) resolve();
          onAbort(signal, resolve);
        });
    }
    const body = gzipSync(randomBytes(30_000_000), { level: 0 });
    const client = new AbortController();
    const answer = send(it.port, { path: ingestUrl("app"), headers: ["content-encoding", "gzip"], body, signal: client.signal });
    const pending = (): number => it.component.metric("flameline_receive_http_pending_bytes") ?? 0;
    await expect.poll(pending, { interval: 1 }).toBeGreaterThanOrEqual(body.length);
    client.abort();
    await expect(answer).rejects.toThrow("aborted");
    await expect.poll(() => receiver?.calls.length).toBe(1);
    await expect.poll(() => receiver?.calls[0]?.context.signal?.aborted).toBe(true);
  });

  it("takes nothing from a body that is cut short", async () => {
    await using it = await setUp();
    const socket = connect(it.port, "127.0.0.1");
    await once(socket, "connect");
    socket.write(`POST ${ingestUrl("app")} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nmain`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.destroy();
    await send(it.port, { path: ingestUrl("other") });
    expect(it.receivers[0]?.profiles.map(({ labels }) => labels.get("service_name"))).toEqual(["other"]);
  });

  it("takes a name of half a megabyte", async () => {
    await using it = await setUp();
    const value = "v".repeat(500_000);
    expect(await send(it.port, { path: ingestUrl(`app{k=${value}}`) })).toMatchObject({ status: 200 });
    expect(it.receivers[0]?.profiles[0]?.labels.get("k")).toBe(value);
  });
});

describe("pyroscope.receive_http push.v1", () => {
  const twoSeries = pushBody(
    [{ __name__: "process_cpu", service_name: "svc" }, ["a", "1"], ["b", "2"]],
    [{ __name__: "memory" }, ["c", "3"], ["", "4"]],
  );
  const expected = [
    { id: "a", labels: { __name__: "process_cpu", service_name: "svc", app_name: "process_cpu" }, data: "1" },
    { id: "b", labels: { __name__: "process_cpu", service_name: "svc", app_name: "process_cpu" }, data: "2" },
    { id: "c", labels: { __name__: "memory", service_name: "memory" }, data: "3" },
    { id: "", labels: { __name__: "memory", service_name: "memory" }, data: "4" },
  ];

  it("keeps order and ids for every receiver, a call for each series", async () => {
    await using it = await setUp(2);
    expect(await send(it.port, { path: pushPath, headers: proto, body: twoSeries })).toMatchObject({ status: 200, body: Buffer.alloc(0) });
    for (const receiver of it.receivers) {
      expect(receiver.calls.map(({ profiles }) => profiles.length)).toEqual([2, 2]);
      expect(receiver.profiles.map(shown)).toEqual(expected);
    }
  });

  it("gives repeated label sets the same object", async () => {
    await using it = await setUp();
    await send(it.port, { path: pushPath, headers: proto, body: twoSeries });
    await send(it.port, { path: pushPath, headers: proto, body: twoSeries });
    const profiles = it.receivers[0]?.profiles ?? [];
    expect(profiles[0]?.labels).toBe(profiles[1]?.labels);
    expect(profiles[0]?.labels).toBe(profiles[4]?.labels);
  });

  it("takes JSON", async () => {
    await using it = await setUp();
    const series = [
      { labels: [{ name: "__name__", value: "cpu" }], samples: [{ ID: "u", rawProfile: Buffer.from("raw").toString("base64") }] },
    ];
    const answer = await send(it.port, { path: pushPath, headers: ["content-type", "application/json"], body: JSON.stringify({ series }) });
    expect({ status: answer.status, body: answer.body.toString() }).toEqual({ status: 200, body: "{}" });
    expect(it.receivers[0]?.profiles.map(shown)).toEqual([{ id: "u", labels: { __name__: "cpu", service_name: "cpu" }, data: "raw" }]);
  });

  it("takes gRPC-web", async () => {
    await using it = await setUp();
    const frame = Buffer.concat([Buffer.alloc(5), twoSeries]);
    frame.writeUInt32BE(twoSeries.length, 1);
    const answer = await send(it.port, { path: pushPath, headers: ["content-type", "application/grpc-web+proto"], body: frame });
    expect(answer.body.toString()).toContain("grpc-status: 0");
    expect(it.receivers[0]?.profiles.map(shown)).toEqual(expected);
  });

  it("takes gRPC over clear-text HTTP/2 when that is enabled", async () => {
    await using it = await setUp(1, "http2 {\nenabled = true\n}");
    const frame = Buffer.concat([Buffer.alloc(5), twoSeries]);
    frame.writeUInt32BE(twoSeries.length, 1);
    const session = connectHttp2(`http://127.0.0.1:${it.port}`);
    const stream = session.request({ ":method": "POST", ":path": pushPath, "content-type": "application/grpc", te: "trailers" });
    stream.end(frame);
    const [trailers] = (await once(stream.resume(), "trailers")) as [Record<string, string>];
    session.close();
    expect(trailers["grpc-status"]).toBe("0");
    expect(it.receivers[0]?.profiles.map(shown)).toEqual(expected);
  });

  it("tries the other series and receivers after a failure and says which one failed", async () => {
    await using it = await setUp(2);
    const [first, second] = it.receivers;
    if (second !== undefined) second.outcome = ([profile]) => (profile?.id === "a" ? failWith(outage)() : undefined);
    const answer = await send(it.port, { path: pushPath, headers: proto, body: twoSeries });
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body.toString())).toEqual({
      code: "internal",
      message: 'unable to append series {__name__="process_cpu", service_name="svc"} to appendable 1: no answer',
    });
    expect([first?.calls.length, second?.calls.length]).toEqual([2, 2]);
  });

  it.each([
    [new DeliveryError("no", { code: "unauthenticated", retryable: false }), 401, "unauthenticated"],
    [new DeliveryError("too big", { code: "unknown", retryable: false, status: 413 }), 400, "invalid_argument"],
    [new DeliveryError("later", { code: "resource_exhausted", retryable: true }), 500, "internal"],
    [new Error("wtf"), 500, "internal"],
  ])("answers %o with %i", async (error, status, code) => {
    await using it = await setUp();
    for (const receiver of it.receivers) receiver.outcome = failWith(error);
    const answer = await send(it.port, { path: pushPath, headers: proto, body: pushBody([{ app: "app-0" }, ["a", "1"]]) });
    expect(answer.status).toBe(status);
    const message = `unable to append series {app="app-0"} to appendable 0: ${error.message}`;
    expect(JSON.parse(answer.body.toString())).toEqual({ code, message });
  });

  it("passes the sender's deadline on", async () => {
    await using it = await setUp();
    const before = Date.now();
    await send(it.port, { path: pushPath, headers: [...proto, "connect-timeout-ms", "30000"], body: twoSeries });
    const deadline = it.receivers[0]?.calls[0]?.context.deadline ?? 0;
    expect(deadline - before).toBeGreaterThanOrEqual(30_000);
    expect(deadline - Date.now()).toBeLessThanOrEqual(30_000);
  });

  it.each([
    ["a message that is none", Buffer.from([0x0a, 0xff]), [], 400, "invalid_argument"],
    ["a gzip bomb", gzipSync(Buffer.alloc(100 * 1024 * 1024)), ["content-encoding", "gzip"], 429, "resource_exhausted"],
  ])("refuses %s", async (_, body, headers, status, code) => {
    await using it = await setUp();
    const answer = await send(it.port, { path: pushPath, headers: [...proto, ...headers], body });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body.toString())).toMatchObject({ code });
    expect(it.receivers[0]?.calls).toEqual([]);
  });

  it("takes labels of a megabyte", async () => {
    await using it = await setUp();
    const value = "v".repeat(1_000_000);
    expect(await send(it.port, { path: pushPath, headers: proto, body: pushBody([{ k: value }, ["a", "1"]]) })).toMatchObject({
      status: 200,
    });
    expect(it.receivers[0]?.profiles[0]?.labels.get("k")).toBe(value);
  });

  it("succeeds without series and without receivers", async () => {
    await using it = await setUp(0);
    expect(await send(it.port, { path: pushPath, headers: proto })).toMatchObject({ status: 200 });
    expect(await send(it.port, { path: pushPath, headers: proto, body: twoSeries })).toMatchObject({ status: 200 });
    expect(await send(it.port, { path: ingestUrl("app") })).toMatchObject({ status: 200 });
  });
});

describe("pyroscope.receive_http server", () => {
  it.each([
    ["GET", "/ingest", 405],
    ["OPTIONS", pushPath, 405],
    ["POST", "/ingest/", 404],
    ["POST", "/pyroscope/ingest", 404],
    ["POST", "/push.v1.PusherService/Nope", 404],
    ["POST", "/", 404],
  ])("answers %s %s with %i", async (method, path, status) => {
    await using it = await setUp();
    expect(await send(it.port, { method, path })).toMatchObject({ status });
  });

  it("redirects to the clean path", async () => {
    await using it = await setUp();
    const answer = await send(it.port, { path: "//ingest?name=a" });
    expect([answer.status, answer.headers.location]).toEqual([301, "/ingest?name=a"]);
  });

  it("has nobody for debug information", async () => {
    await using it = await setUp();
    const service = "/debuginfo.v1alpha1.DebuginfoService";
    expect(await send(it.port, { path: `${service}/Upload/abc`, body: "elf" })).toMatchObject({ status: 503 });
    const answer = await send(it.port, { path: `${service}/ShouldInitiateUpload`, headers: proto });
    expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([
      503,
      { code: "unavailable", message: "no downstream endpoints available" },
    ]);
    const calls = "pyroscope_receive_http_debuginfo_downstream_calls_total";
    expect(it.component.metric(`${calls}{method="Upload",result="failure"}`)).toBe(1);
  });

  it("measures requests by route", async () => {
    await using it = await setUp();
    await send(it.port, { path: ingestUrl("app") });
    await send(it.port, { method: "GET", path: "/ingest" });
    const series = (labels: string): number | undefined =>
      it.component.metric(`pyroscope_receive_http_request_duration_seconds_count{${labels}}`);
    await expect.poll(() => series('method="POST",route="ingest",status_code="200",ws="false"')).toBe(1);
    await expect.poll(() => series('method="GET",route="other",status_code="405",ws="false"')).toBe(1);
  });

  it("forwards to new receivers without a restart, and moves when the address changes", async () => {
    const [first, second] = [new RecordingReceiver(), new RecordingReceiver()];
    await using component = await RunningComponent.start(pyroscopeReceiveHttp, bodyOf(["a"]), { receivers: { a: first, b: second } });
    const port = portOf(component);
    await component.update(bodyOf(["b"]));
    await send(port, { path: ingestUrl("app") });
    expect([first.calls.length, second.calls.length]).toEqual([0, 1]);
    await component.update(bodyOf(["b"], "conn_limit = 5"));
    await expect(send(port, { path: ingestUrl("app") })).rejects.toThrow();
  });

  it("keeps serving as before when new settings cannot be used", async () => {
    await using other = await setUp();
    const receiver = new RecordingReceiver();
    await using component = await RunningComponent.start(pyroscopeReceiveHttp, bodyOf(["a"]), { receivers: { a: receiver } });
    const taken = bodyOf(["a"]).replace("listen_port = 0", `listen_port = ${other.port}`);
    await expect(component.update(taken)).rejects.toThrow(`listen tcp 127.0.0.1:${other.port}: bind: address already in use`);
    expect(await send(portOf(component), { path: ingestUrl("app") })).toMatchObject({ status: 200 });
  });

  it("leaves no server behind when it stops while it moves to another address", async () => {
    const component = await RunningComponent.start(pyroscopeReceiveHttp, bodyOf(["a"]), { receivers: { a: new RecordingReceiver() } });
    await using other = await setUp();
    const freePort = other.port;
    await other[Symbol.asyncDispose]();
    const moving = component.update(bodyOf(["a"]).replace("listen_port = 0", `listen_port = ${freePort}`));
    await component[Symbol.asyncDispose]();
    await moving;
    await expect(send(freePort, { path: ingestUrl("app") })).rejects.toThrow("ECONNREFUSED");
  });

  it("refuses settings that can never work", async () => {
    const start = (http: string): Promise<RunningComponent> =>
      RunningComponent.start(pyroscopeReceiveHttp, `forward_to = []\nhttp {\n${http}\n}`);
    await expect(start("listen_port = 99999")).rejects.toThrow("listen tcp: address 99999: invalid port");
  });

  it("lets a request end that is under way when it stops", async () => {
    const it = await setUp();
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const [receiver] = it.receivers;
    if (receiver !== undefined) receiver.outcome = () => held;
    const answer = send(it.port, { path: ingestUrl("app") });
    await expect.poll(() => receiver?.calls.length).toBe(1);
    const stopped = it[Symbol.asyncDispose]();
    await expect(send(it.port, { path: ingestUrl("late") })).rejects.toThrow();
    release();
    expect(await answer).toMatchObject({ status: 200 });
    await stopped;
  });

  it.each([
    ["push", { path: pushPath, headers: proto, body: pushBody([{ a: "b" }, ["id", "raw"]]) }],
    ["ingest", { path: ingestUrl("app") }],
  ])("ends a %s that would be retried for minutes soon after it stops, so that the sender tries again", async (_, sent) => {
    const it = await setUp();
    const [receiver] = it.receivers;
    if (receiver !== undefined) receiver.outcome = (__, { signal }) => new Promise((___, reject) => onAbort(signal, () => reject(final)));
    const answer = send(it.port, sent);
    await expect.poll(() => receiver?.calls.length).toBe(1);
    const began = performance.now();
    await it[Symbol.asyncDispose]();
    expect(performance.now() - began).toBeLessThan(5000);
    expect(await answer).toMatchObject({ status: 503 });
  });
});

it("pyroscope.receive_http that is given back before it ran ends what it passes on, too", async () => {
  const receiver = new RecordingReceiver();
  receiver.outcome = (_, { signal }) => new Promise((__, reject) => onAbort(signal, () => reject(final)));
  const probe = await setUp();
  const { port } = probe;
  await probe[Symbol.asyncDispose]();
  const component = await RunningComponent.build(pyroscopeReceiveHttp, bodyOf(["a"]).replace("listen_port = 0", `listen_port = ${port}`), {
    receivers: { a: receiver },
  });
  const answer = send(port, { path: ingestUrl("app") });
  await expect.poll(() => receiver.calls.length).toBe(1);
  const began = performance.now();
  await component.discard();
  expect(performance.now() - began).toBeLessThan(5000);
  expect(await answer).toMatchObject({ status: 503 });
});

const final = new DeliveryError("canceled: context canceled", { code: "canceled", retryable: false });

function onAbort(signal: AbortSignal | undefined, listener: () => void): void {
  signal?.addEventListener("abort", listener);
}
