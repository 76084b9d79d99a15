import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodePushRequest, Labels } from "@flameline/profile";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { Journeys } from "../../runtime/journey/journeys.ts";
import { pyroscopeWrite } from "./component.ts";
import { EndpointExchange } from "./endpoint-exchange.ts";
import { nodeFileSystem } from "../../queue/file-system.ts";
import type { SinkRequest } from "./testing/profile-sink.ts";
import { ProfileSink } from "./testing/profile-sink.ts";
import { accounts, append, endpoint, ids, pprof, settled, unusedPort, quick } from "./testing/queued-component.ts";

let dataPath = "";
beforeEach(() => {
  dataPath = mkdtempSync(join(tmpdir(), "write-"));
});
afterEach(() => rmSync(dataPath, { recursive: true, force: true }));

function start(body: string, queueByDefault = true): Promise<RunningComponent> {
  return RunningComponent.start(pyroscopeWrite, body, { dataPath, services: { queueByDefault } });
}

describe("pyroscope.write with its queue", () => {
  it("acknowledges while the endpoint is away, and delivers with the same ids when it is back", async () => {
    const port = await unusedPort();
    const url = `http://127.0.0.1:${port}`;
    await using component = await start(endpoint(url));
    await Promise.all(Array.from({ length: 20 }, (_, index) => append(component, pprof(String(index)))));
    expect(accounts(component, url)).toMatchObject({ accepted: 20, delivered: 0, queued: 20 });
    await using sink = await ProfileSink.start(port);
    await settled(component, url, { delivered: 20, queued: 0 });
    expect(new Set(ids(sink.requests))).toEqual(new Set(Array.from({ length: 20 }, (_, index) => `:${index}`)));
    expect(component.metric(`pyroscope_write_sent_profiles_total{endpoint="${url}"}`)).toBe(20);
  });

  it("keeps what was acknowledged across a restart, with id, labels and tenant", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = () => ({ status: 503 });
    {
      await using component = await start(endpoint(sink.url));
      await append(component, pprof("kept", { __tenant_id__: "a", pod: "p" }));
    }
    sink.requests.length = 0;
    sink.answer = () => ({});
    await using component = await start(endpoint(sink.url));
    await settled(component, sink.url, { accepted: 1, delivered: 1, queued: 0 });
    expect(ids(sink.requests)).toEqual(["a:kept"]);
    expect(decodePushRequest(sink.requests[0]?.body ?? Buffer.of())[0]?.labels.toRecord()).toEqual({
      __name__: "process_cpu",
      service_name: "shop",
      pod: "p",
    });
  });

  it("survives a mistake of its own, and tries again", async () => {
    await using sink = await ProfileSink.start();
    const attempt = vi.spyOn(EndpointExchange.prototype, "attempt").mockRejectedValueOnce(new TypeError("a mistake"));
    await using component = await start(endpoint(sink.url));
    await append(component, pprof("one"));
    await settled(component, sink.url, { accepted: 1, delivered: 1 });
    expect(component.log.lines.find(({ level }) => level === "error")?.message).toBe("failed to send a profile in the queue");
    attempt.mockRestore();
  });

  it("keeps what cannot be read for now", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = () => ({ status: 503 });
    {
      await using component = await start(endpoint(sink.url));
      await append(component, pprof("kept"));
    }
    sink.requests.length = 0;
    sink.answer = () => ({});
    const open = nodeFileSystem.open.bind(nodeFileSystem);
    let failures = 1;
    const spy = vi.spyOn(nodeFileSystem, "open").mockImplementation((path, mode) => {
      if (!path.endsWith(".segment") || mode !== "write" || failures-- <= 0) return open(path, mode);
      return Promise.reject(Object.assign(new Error("EMFILE: too many open files"), { code: "EMFILE" }));
    });
    await using component = await start(endpoint(sink.url));
    await settled(component, sink.url, { accepted: 1, delivered: 1, rejected: 0 });
    expect(failures).toBeLessThan(1);
    spy.mockRestore();
  });

  it("keeps requests to /ingest as they came", async () => {
    await using sink = await ProfileSink.start();
    await using component = await start(endpoint(sink.url));
    const body = { kind: "ingest", data: Buffer.from("BODY"), path: "/ingest", query: "name=x&from=7", contentTypes: ["a/b"] } as const;
    await append(component, { id: "1", labels: Labels.of({ __name__: "x", service_name: "shop" }), body, receivedAt: Date.now() });
    await settled(component, sink.url, { delivered: 1 });
    const [request] = sink.requests;
    expect({ url: request?.url, type: request?.headers["content-type"], body: request?.body.toString() }).toEqual({
      url: "/ingest?from=7&name=shop%7Bservice_name%3Dshop%7D",
      type: "a/b",
      body: "BODY",
    });
  });

  it("does not take a web page for a server that has a request to /ingest", async () => {
    await using sink = await ProfileSink.start();
    const page = { headers: { "content-type": "text/html; charset=utf-8" }, body: "\n<!doctype html><title>Sign in</title>" };
    sink.answer = (_, count) => (count < 4 ? page : { headers: { "content-type": "text/html" }, body: "ok" });
    await using component = await start(endpoint(sink.url));
    const body = { kind: "ingest", data: Buffer.from("BODY"), path: "/ingest", query: "name=x", contentTypes: [] } as const;
    await append(component, { id: "1", labels: Labels.of({ __name__: "x", service_name: "shop" }), body, receivedAt: Date.now() });
    await settled(component, sink.url, { accepted: 1, delivered: 1 });
    expect(sink.requests.length).toBeGreaterThan(2);
    const waits = component.log.lines.find(({ message }) => message.startsWith("endpoint does not take profiles"));
    expect(waits?.fields["err"]).toMatchObject({
      message: expect.stringContaining("a web page instead of an answer (status=200)") as string,
    });
  });

  it("keeps a request to /ingest that is sent elsewhere, and says where to", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = (_, count) => (count < 4 ? { status: 302, headers: { location: "https://login.example/" } } : {});
    await using component = await start(endpoint(sink.url));
    const body = { kind: "ingest", data: Buffer.from("BODY"), path: "/ingest", query: "name=x", contentTypes: [] } as const;
    await append(component, { id: "1", labels: Labels.of({ __name__: "x", service_name: "shop" }), body, receivedAt: Date.now() });
    await settled(component, sink.url, { accepted: 1, delivered: 1, rejected: 0 });
    const waits = component.log.lines.find(({ message }) => message.startsWith("endpoint does not take profiles"));
    expect(waits?.fields["err"]).toMatchObject({ message: expect.stringContaining("to https://login.example/") as string });
  });

  it("never sends the tenant as a label, even where a sender had named one", async () => {
    await using sink = await ProfileSink.start();
    await using component = await start(endpoint(sink.url));
    const query = "name=x%7B__tenant_id__%3Db%2C__session_id__%3D1%7D";
    const body = { kind: "ingest", data: Buffer.from("BODY"), path: "/ingest", query, contentTypes: [] } as const;
    const labels = Labels.of({ __name__: "x", service_name: "shop", __tenant_id__: "a", __session_id__: "1" });
    await append(component, { id: "1", labels, body, receivedAt: Date.now() });
    await settled(component, sink.url, { delivered: 1 });
    const [request] = sink.requests;
    expect(new URL(request?.url ?? "", sink.url).searchParams.get("name")).toBe("shop{__session_id__=1,service_name=shop}");
    expect(request?.headers["x-scope-orgid"]).toBe("a");
  });

  it("sets aside what is refused for good, tells why, and goes on", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = (request) =>
      ids([request]).includes(":bad")
        ? { status: 400, headers: { "content-type": "application/json" }, body: '{"code":"invalid_argument","message":"no such label"}' }
        : {};
    await using component = await start(endpoint(sink.url));
    await append(component, pprof("bad"));
    await append(component, pprof("good"));
    await settled(component, sink.url, { accepted: 2, delivered: 1, rejected: 1, queued: 0 });
    expect(ids(sink.requests).filter((id) => id === ":bad")).toHaveLength(1);
    expect(component.metric(`flameline_write_rejected_profiles_total{endpoint="${sink.url}",reason="invalid_argument"}`)).toBe(1);
    expect(component.debugInfo).toMatchObject({
      endpoint: [
        {
          url: sink.url,
          rejected: 1,
          refusal: [{ service: "shop", code: "invalid_argument", error: expect.stringContaining("no such label") as string }],
        },
      ],
    });
    expect(component.log.lines.filter(({ message }) => message === "endpoint refused a profile for good")).toHaveLength(1);
  });

  it("does not let a tenant whose profiles fail hold up the others", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = ({ headers }) => (headers["x-scope-orgid"] === "broken" ? { status: 500 } : {});
    await using component = await start(endpoint(sink.url));
    await Promise.all(Array.from({ length: 100 }, (_, index) => append(component, pprof(`b${index}`, { __tenant_id__: "broken" }))));
    await Promise.all(Array.from({ length: 20 }, (_, index) => append(component, pprof(`g${index}`, { __tenant_id__: "good" }))));
    await settled(component, sink.url, { delivered: 20, queued: 100 });
    sink.answer = () => ({});
    await settled(component, sink.url, { delivered: 120, queued: 0 });
  });

  it("tries what fails again and again beyond max_backoff_retries", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = (_, count) => (count <= 7 ? { status: 503 } : {});
    await using component = await start(endpoint(sink.url, `${quick}\nmax_backoff_retries = 2`));
    await append(component, pprof("one"));
    await settled(component, sink.url, { delivered: 1, rejected: 0 });
    expect(ids(sink.requests)).toHaveLength(8);
  });

  it("keeps what a proxy refused for its login", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = (_, count) => (count <= 2 ? { status: 407 } : {});
    await using component = await start(endpoint(sink.url));
    await append(component, pprof("one"));
    await settled(component, sink.url, { delivered: 1, rejected: 0 });
  });

  it("waits as long as the server asks", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = (_, count) => (count === 1 ? { status: 429, headers: { "retry-after": "1" } } : {});
    await using component = await start(endpoint(sink.url));
    await append(component, pprof("one"));
    await settled(component, sink.url, { delivered: 1 });
    const [first, second] = sink.requests;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(950);
  });

  it("delivers the others when the server always fails at some", async () => {
    await using sink = await ProfileSink.start();
    const isBad = ({ body }: SinkRequest): boolean => decodePushRequest(body)[0]?.labels.get("service_name") === "bad";
    sink.answer = (request) => (isBad(request) ? { status: 500 } : {});
    await using component = await start(endpoint(sink.url));
    const all = Array.from({ length: 200 }, (_, index) => pprof(String(index), { service_name: index % 4 === 0 ? "bad" : "good" }));
    for (const profile of all) await append(component, profile);
    await settled(component, sink.url, { accepted: 200, delivered: 150, queued: 50 });
    const sent = ids(sink.requests.filter(isBad));
    expect(new Set(sent).size).toBe(50);
    sink.answer = () => ({});
    await settled(component, sink.url, { delivered: 200, queued: 0 });
    expect(component.log.lines.filter(({ message }) => message.startsWith("endpoint does not take profiles")).length).toBeLessThan(20);
  });

  it("tells once of all that has expired while it was down", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = () => ({ status: 503 });
    {
      await using component = await start(endpoint(sink.url));
      await Promise.all(Array.from({ length: 100 }, (_, index) => append(component, pprof(String(index)))));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    await using component = await start(`${endpoint(sink.url)}\nqueue {\nmax_age = "10ms"\n}`);
    await settled(component, sink.url, { accepted: 100, queued: 0, expired: 100 });
    expect(component.log.lines.filter(({ message }) => message === "profiles in the queue were given up").length).toBeLessThan(5);
  });

  it("gives up what is older than max_age", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = () => ({ status: 503 });
    await using component = await start(`${endpoint(sink.url)}\nqueue {\nmax_age = "200ms"\n}`);
    await append(component, pprof("old"));
    await settled(component, sink.url, { accepted: 1, delivered: 0, queued: 0, expired: 1 });
    expect(component.metric(`pyroscope_write_dropped_profiles_total{endpoint="${sink.url}"}`)).toBe(1);
  });

  it("says whose profiles were given up, also when they waited since an earlier run", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = () => ({ status: 503 });
    const journeys = new Journeys();
    const run = (age: string): Promise<RunningComponent> =>
      RunningComponent.start(pyroscopeWrite, `${endpoint(sink.url)}\nqueue {\nmax_age = "${age}"\n}`, {
        dataPath,
        services: { queueByDefault: true, journey: journeys },
      });
    {
      await using earlier = await run("1h");
      await append(earlier, pprof("one"), pprof("two", { service_name: "cart" }));
    }
    await using component = await run("300ms");
    await append(component, pprof("three"));
    await settled(component, sink.url, { accepted: 3, delivered: 0, queued: 0, expired: 3 });
    const expired = (service: string): number | undefined =>
      journeys.trails(service)[0]?.steps.find(({ step }) => step === "expired")?.profiles;
    expect([expired("shop"), expired("cart")]).toEqual([2, 1]);
    const told = component.log.lines.filter(({ message }) => message === "profiles in the queue were given up");
    for (const service of ["shop", "cart"]) expect(JSON.stringify(told)).toMatch(new RegExp(`"services":"([^"]*,)?${service}[,"]`));
  });
});
