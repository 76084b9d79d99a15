import { describe, expect, it } from "vitest";
import { DeliveryError } from "../../component/receiver.ts";
import { RecordingReceiver } from "../../component/testing/recording-receiver.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { pyroscopeReceiveHttp } from "./component.ts";
import { bodyOf, ingestUrl, portOf, proto, pushBody, pushPath, send, setUp } from "./testing/receiver-set-up.ts";

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
