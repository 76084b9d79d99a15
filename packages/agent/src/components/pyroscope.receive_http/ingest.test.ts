import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { failWith, ingestUrl, outage, refusal, send, setUp } from "./testing/receiver-set-up.ts";

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

  it("tells of requests that it cannot read", async () => {
    await using it = await setUp();
    await send(it.port, { path: ingestUrl("shop"), headers: ["content-encoding", "gzip"], body: "garbage" });
    await send(it.port, { path: "/ingest", body: "main 1" });
    expect(it.notes).toEqual([
      ["rejected", "shop", 1, expect.stringContaining("gzip")],
      ["rejected", "", 1, expect.stringMatching(/^name: /)],
    ]);
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

function onAbort(signal: AbortSignal | undefined, listener: () => void): void {
  signal?.addEventListener("abort", listener);
}
