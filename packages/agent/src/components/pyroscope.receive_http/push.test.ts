import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { DeliveryError } from "../../component/receiver.ts";
import { failWith, ingestUrl, outage, proto, pushBody, pushPath, send, setUp, shown } from "./testing/receiver-set-up.ts";

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

  it("tells of requests that it cannot read", async () => {
    await using it = await setUp();
    const cut = Buffer.from([0x0a, 0x7f, 0x01]);
    expect((await send(it.port, { path: pushPath, headers: proto, body: cut })).status).toBe(400);
    expect((await send(it.port, { path: pushPath, headers: [...proto, "content-encoding", "gzip"], body: "no gzip" })).status).toBe(400);
    expect((await send(it.port, { path: pushPath, headers: ["content-type", "text/plain"], body: cut })).status).toBe(415);
    expect(it.notes).toEqual([
      ["rejected", "", 1, expect.stringMatching(/^unmarshal message: /)],
      ["rejected", "", 1, expect.stringMatching(/^invalid_argument: .*gzip/)],
      ["rejected", "", 1, 'no RPC has the content type "text/plain"'],
    ]);
    await send(it.port, { path: pushPath, headers: proto, body: twoSeries });
    expect(it.notes.slice(3).map(([step, service, profiles]) => [step, service, profiles])).toEqual([
      ["received", "svc", 2],
      ["received", "memory", 2],
    ]);
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
