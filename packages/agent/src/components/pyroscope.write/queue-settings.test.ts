import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { OwnAddresses } from "../../component/own-addresses.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { pyroscopeWrite } from "./component.ts";
import { ProfileSink } from "./testing/profile-sink.ts";
import { accounts, append, endpoint, ids, pprof, settled, quick } from "./testing/queued-component.ts";

let dataPath = "";
beforeEach(() => {
  dataPath = mkdtempSync(join(tmpdir(), "write-"));
});
afterEach(() => rmSync(dataPath, { recursive: true, force: true }));

function start(body: string, queueByDefault = true): Promise<RunningComponent> {
  return RunningComponent.start(pyroscopeWrite, body, { dataPath, services: { queueByDefault } });
}

describe("pyroscope.write when the settings of its queue change, or the disk does", () => {
  it("drains what is left when the queue is switched off, and waits for the endpoint with the rest", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = () => ({ status: 503 });
    {
      await using component = await start(endpoint(sink.url));
      await append(component, pprof("left"));
    }
    sink.requests.length = 0;
    sink.answer = (request) => (ids([request]).includes(":refused") ? { status: 404 } : {});
    await using component = await start(`${endpoint(sink.url)}\nqueue {\nenabled = false\n}`);
    await expect(append(component, pprof("refused"))).rejects.toThrow("failed to push to endpoint");
    await settled(component, sink.url, { accepted: 2, delivered: 1, rejected: 1 });
    expect(component.metric(`flameline_write_rejected_profiles_total{endpoint="${sink.url}",reason="http_404"}`)).toBe(1);
    expect(ids(sink.requests)).toContain(":left");
  });

  it("keeps nothing on disk when the flag says so", async () => {
    await using sink = await ProfileSink.start();
    await using component = await start(endpoint(sink.url), false);
    await append(component, pprof("one"));
    expect(accounts(component, sink.url)).toMatchObject({ accepted: 1, delivered: 1 });
    expect(readdirSync(dataPath)).toEqual([]);
  });

  it("goes on with its queue when other settings change, and takes over what waits", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = ({ headers }) => (headers["x-new"] === "1" ? {} : { status: 503 });
    await using component = await start(endpoint(sink.url));
    await append(component, pprof("one"));
    await component.update(endpoint(sink.url, `${quick}\nheaders = { "X-New" = "1" }`));
    await settled(component, sink.url, { accepted: 1, delivered: 1, queued: 0 });
  });

  it("loses nothing by limits of a configuration that is refused", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = () => ({ status: 503 });
    const ownAddresses = new OwnAddresses();
    ownAddresses.claimReceiver("pyroscope.receive_http.test", "127.0.0.1", 9);
    await using component = await RunningComponent.start(pyroscopeWrite, endpoint(sink.url), {
      dataPath,
      services: { queueByDefault: true, ownAddresses },
    });
    await append(component, pprof("one"));
    await vi.waitFor(() => expect(sink.requests.length).toBeGreaterThan(0));
    const refused = `${endpoint(sink.url)}${endpoint("http://127.0.0.1:9")}queue {\nmax_age = "1ms"\n}`;
    await expect(component.update(refused)).rejects.toThrow("own receiver");
    const { length } = sink.requests;
    await vi.waitFor(() => expect(sink.requests.length).toBeGreaterThan(length + 2));
    sink.answer = () => ({});
    await settled(component, sink.url, { accepted: 1, delivered: 1, expired: 0 });
  });

  it("loses nothing by limits that are taken back, and keeps to those that stay", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = () => ({ status: 503 });
    await using component = await start(endpoint(sink.url));
    await append(component, pprof("one"));
    const shorter = `${endpoint(sink.url)}queue {\nmax_age = "1ms"\n}`;
    await component.update(shorter);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await component.update(endpoint(sink.url));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(accounts(component, sink.url)).toMatchObject({ queued: 1, expired: 0 });
    await component.update(shorter);
    await settled(component, sink.url, { queued: 0, expired: 1 });
  });

  it("counts once what waits while its endpoint is not configured", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = () => ({ status: 503 });
    await using component = await start(endpoint(sink.url));
    await append(component, pprof("one"));
    await component.update(endpoint("http://127.0.0.1:9"));
    await vi.waitFor(() => expect(component.debugInfo).toMatchObject({ endpoint: [{ url: "http://127.0.0.1:9" }] }));
    expect(accounts(component, sink.url)).toMatchObject({ accepted: 1, queued: 1 });
    sink.answer = () => ({});
    await component.update(endpoint(sink.url));
    await settled(component, sink.url, { delivered: 1 });
    expect(accounts(component, sink.url)).toMatchObject({ accepted: 1, queued: 0 });
  });

  it("shows queues as long as their endpoints are configured, those of one URL together", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = () => ({ status: 503 });
    const both = `${endpoint(sink.url, `${quick}\nname = "a"`)}${endpoint(sink.url, `${quick}\nname = "b"`)}`;
    await using component = await start(both);
    await append(component, pprof("one"));
    const together = component.metric(`flameline_write_queue_bytes{endpoint="${sink.url}"}`) ?? 0;
    await component.update(endpoint(sink.url, `${quick}\nname = "b"`));
    await vi.waitFor(() => expect(component.metric(`flameline_write_queue_bytes{endpoint="${sink.url}"}`)).toBe(together / 2));
    await component.update("");
    await vi.waitFor(() => expect(component.metric(`flameline_write_queue_usable{endpoint="${sink.url}"}`)).toBeUndefined());
  });

  it("waits for the endpoint when the disk does not take profiles, and says so", async () => {
    writeFileSync(join(dataPath, "queue"), "in the way");
    await using sink = await ProfileSink.start();
    await using component = await start(endpoint(sink.url));
    await append(component, pprof("one"));
    expect(accounts(component, sink.url)).toMatchObject({ accepted: 1, delivered: 1 });
    expect(component.health).toMatchObject({ state: "unhealthy", message: expect.stringContaining("cannot be kept on disk") as string });
    expect(component.metric(`flameline_write_queue_usable{endpoint="${sink.url}"}`)).toBe(0);
  });

  it("names a queue whose endpoint is not configured any more", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = () => ({ status: 503 });
    {
      await using component = await start(endpoint(sink.url));
      await append(component, pprof("one"));
    }
    const told = (component: RunningComponent): number =>
      component.log.lines.filter(({ message }) => message.includes("not configured")).length;
    await using component = await start(endpoint("http://127.0.0.1:9"));
    await vi.waitFor(() => expect(told(component)).toBe(1));
    sink.answer = () => ({});
    await component.update(endpoint(sink.url));
    await settled(component, sink.url, { delivered: 1 });
    await component.update(endpoint("http://127.0.0.1:9"));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(told(component)).toBe(1);
  });

  it("names it at a reload, too", async () => {
    await using sink = await ProfileSink.start();
    sink.answer = () => ({ status: 503 });
    await using component = await start(endpoint(sink.url));
    await append(component, pprof("one"));
    await component.update(endpoint("http://127.0.0.1:9"));
    await vi.waitFor(() =>
      expect(component.log.lines.map(({ message }) => message)).toContainEqual(expect.stringContaining("not configured")),
    );
  });

  it("says when profiles may wait longer than the server takes them", async () => {
    await using sink = await ProfileSink.start();
    await using longer = await start(`${endpoint(sink.url)}\nqueue {\nmax_age = "2h"\n}`);
    expect(longer.log.lines.find(({ level }) => level === "warn")?.fields).toEqual({ max_age: "2h0m0s", server_default: "1h0m0s" });
    await longer[Symbol.asyncDispose]();
    await using usual = await start(endpoint(sink.url));
    expect(usual.log.lines.filter(({ level }) => level === "warn")).toEqual([]);
  });

  it("refuses limits that make no sense", async () => {
    await expect(start(`queue {\nmax_bytes = "1KiB"\n}`)).rejects.toThrow("max_bytes must be at least 1MiB");
    await expect(start(`queue {\nmax_age = "0s"\n}`)).rejects.toThrow("max_age must be greater than 0s");
  });
});
