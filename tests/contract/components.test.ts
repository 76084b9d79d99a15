/** What every component promises, whatever it does. A new component needs a line in `bodies`. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { RecordingReceiver } from "../../packages/agent/src/component/testing/recording-receiver.ts";
import { RunningComponent } from "../../packages/agent/src/component/testing/running-component.ts";
import { componentSources } from "../../packages/agent/src/components/registry.gen.ts";
import { Origin } from "../../packages/agent/src/http/testing/origin.ts";
import type { FieldDescription } from "../../packages/agent/src/schema/describe.ts";
import { describeFields } from "../../packages/agent/src/schema/describe.ts";

/** Answers whatever it is asked with an empty list of Kubernetes, which is an object without data too. */
const cluster = await Origin.start((request, response) => {
  response.flushHeaders();
  if (!request.url.includes("watch=")) response.end('{"metadata":{"resourceVersion":"1"},"items":[]}');
});
afterAll(() => cluster[Symbol.asyncDispose]());

const kubernetesObject = `namespace = "n"\nname = "o"\nclient {\n  api_server = "${cluster.url}"\n}`;
/** For components that do not start before a server has answered. */
const server = await listen();
afterAll(() => server.close());

/** A body that is as short as can be, and one to change to. `sink` is a receiver. */
const bodies: Readonly<Record<string, readonly [minimal: string, changed: string]>> = {
  "discovery.consul": [`server = "${server.url.slice(7)}"`, `server = "${server.url.slice(7)}"\nservices = ["a"]`],
  "discovery.dns": ["names = []", 'names = []\ntype = "a"\nport = 80'],
  "discovery.docker": ['host = "unix:///nowhere.sock"\nrefresh_interval = "1h"', 'host = "tcp://127.0.0.1:9"'],
  "discovery.dockerswarm": ['host = "unix:///nowhere.sock"\nrole = "nodes"', 'host = "unix:///nowhere.sock"\nrole = "tasks"'],
  "discovery.file": ["files = []", 'files = ["/nowhere/*.json"]'],
  "discovery.http": ['url = "http://127.0.0.1:9/sd"\nrefresh_interval = "1h"', 'url = "http://127.0.0.1:9/other"'],
  "discovery.kubelet": [`url = "${cluster.url}"`, `url = "${cluster.url}"\nrefresh_interval = "1h"`],
  "discovery.kubernetes": [
    `role = "pod"\napi_server = "${cluster.url}"`,
    `role = "endpoints"\napi_server = "${cluster.url}"\nattach_metadata {\n  node = true\n}`,
  ],
  "discovery.nomad": ['server = "http://127.0.0.1:9"\nrefresh_interval = "1h"', 'server = "http://127.0.0.1:9"\nnamespace = "*"'],
  // What anybody may know of any process.
  "discovery.process": [
    "discover_config {\n  exe = false\n  cwd = false\n}",
    'discover_config {\n  exe = false\n  cwd = false\n}\njoin = [{"a" = "b"}]',
  ],
  "discovery.relabel": ["targets = []", 'targets = [{"a" = "1"}]'],
  "pyroscope.enrich": [
    'targets = []\ntarget_match_label = "a"\nforward_to = [sink]',
    'targets = [{"a" = "1"}]\ntarget_match_label = "a"\nforward_to = []\nwait_for_targets = "1m"',
  ],
  "local.file": [`filename = "${import.meta.filename}"`, `filename = "${import.meta.filename}"\ndetector = "poll"`],
  "local.file_match": ["path_targets = []", `path_targets = [{"__path__" = "${import.meta.dirname}/*.ts"}]\nsync_period = "1h"`],
  "pyroscope.receive_http": [
    'forward_to = [sink]\nhttp {\n  listen_address = "127.0.0.1"\n  listen_port = 0\n}',
    'forward_to = []\nhttp {\n  listen_address = "127.0.0.1"\n  listen_port = 0\n  conn_limit = 5\n}',
  ],
  "pyroscope.relabel": ["forward_to = [sink]", 'forward_to = []\nrule {\n  target_label = "a"\n  replacement = "b"\n}'],
  "pyroscope.scrape": [
    'targets = [{"__address__" = "127.0.0.1:1"}]\nforward_to = [sink]',
    'targets = []\nforward_to = []\nscrape_interval = "1m"',
  ],
  "remote.kubernetes.configmap": [kubernetesObject, `${kubernetesObject}\npoll_frequency = "1h"`],
  "remote.kubernetes.secret": [kubernetesObject, `${kubernetesObject}\npoll_frequency = "1h"`],
  "remote.http": [`url = "${server.url}"`, `url = "${server.url}/other"\nis_secret = true`],
  "pyroscope.write": ["", 'endpoint {\n  url = "http://127.0.0.1:1"\n}'],
};

const stopLimitMs = 5000;

describe.each(componentSources)("$name", (source) => {
  const { name, stability } = source;
  const [minimal, changed] = bodies[name] ?? ["", ""];
  const receivers = { sink: new RecordingReceiver() };

  it("declares what its source says, and documents every field", async () => {
    const component = await source.load();
    expect([component.name, component.stability]).toEqual([name, stability]);
    expect(component.doc.length).toBeGreaterThan(20);
    const undocumented = (fields: readonly FieldDescription[]): readonly string[] =>
      fields.flatMap((field) => [...(field.doc === "" ? [field.name] : []), ...(field.kind === "block" ? undocumented(field.fields) : [])]);
    expect(undocumented(describeFields({ ...component.arguments.fields, ...component.exports, ...component.debugInfo }))).toEqual([]);
  });

  it("publishes all its exports while it is built, and keeps its receiver across updates", async () => {
    expect(Object.keys(bodies)).toContain(name);
    const component = await source.load();
    await using running = await RunningComponent.start(component, minimal, { receivers });
    const names = Object.keys(component.exports);
    expect(running.published.length > 0).toBe(names.length > 0);
    const before = (running.exports ?? {}) as Readonly<Record<string, unknown>>;
    expect(Object.keys(before)).toEqual(names);
    await running.update(changed);
    const after = (running.exports ?? {}) as Readonly<Record<string, unknown>>;
    expect(after["receiver"]).toBe(before["receiver"]);
  });

  it("stops in time, quietly, and leaves no timer and no socket behind", async () => {
    const component = await source.load();
    const cycle = async (): Promise<readonly string[]> => {
      const running = await RunningComponent.start(component, minimal, { receivers });
      await running.update(changed);
      await running.update(minimal);
      const begin = performance.now();
      await running[Symbol.asyncDispose]();
      expect(performance.now() - begin).toBeLessThan(stopLimitMs);
      return running.log.lines.filter(({ level }) => level === "error").map(({ message }) => message);
    };
    expect(await cycle()).toEqual([]);
    const before = await settledResources();
    for (let round = 0; round < 5; round += 1) await cycle();
    const after = await settledResources();
    expect(after.length, after.join()).toBeLessThanOrEqual(before.length);
  });
});

/** What keeps the process alive once handles that are being closed have gone. */
async function settledResources(): Promise<readonly string[]> {
  await sleep(200);
  return process.getActiveResourcesInfo();
}

async function listen(): Promise<{ readonly url: string; readonly close: () => void }> {
  const http = createServer((_, response) => response.end("{}"));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, close: () => void http.close() };
}
