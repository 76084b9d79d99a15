import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { foundAddresses, foundTargets, loggedErrors } from "../../discovery/testing/found-targets.ts";
import { RunningDiscoverer } from "../../discovery/testing/running-discoverer.ts";
import { defaultHttpClient } from "../../http/client/arguments.ts";
import { Origin, type SeenRequest } from "../../http/testing/origin.ts";
import { discoveryConsul } from "./component.ts";
import { ConsulClient } from "./consul-client.ts";
import { ConsulDiscoverer } from "./consul-discoverer.ts";

interface Place {
  readonly node: string;
  readonly address?: string;
  readonly tags?: readonly string[];
  readonly checks?: readonly { readonly CheckID?: string; readonly Status: string }[];
}

/** Speaks Consul's language as far as discovery does: answers that wait until something has changed. */
class Consul implements AsyncDisposable {
  readonly origin: Origin;
  services: Readonly<Record<string, readonly Place[]>> = {};
  /** Answers everything with an error. */
  broken = false;
  #index = 5;
  readonly #waiting = new Set<() => void>();

  private constructor(origin: Origin) {
    this.origin = origin;
  }

  static async start(services: Consul["services"]): Promise<Consul> {
    const origin = await Origin.start((request, response) => consul.#answer(request, response));
    const consul: Consul = new Consul(origin);
    consul.services = services;
    return consul;
  }

  change(services: Consul["services"]): void {
    this.services = services;
    this.#index += 1;
    for (const wake of this.#waiting) wake();
  }

  /** Starts anew, as the development server does: with nothing, counting from the beginning. */
  restart(services: Consul["services"]): void {
    this.broken = false;
    this.services = services;
    this.#index = 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.origin[Symbol.asyncDispose]();
  }

  #answer(request: SeenRequest, response: ServerResponse): void {
    const url = new URL(request.url, "http://consul");
    const send = (): void => {
      this.#waiting.delete(send);
      response.writeHead(this.broken ? 500 : 200, { "content-type": "application/json", "x-consul-index": String(this.#index) });
      response.end(this.broken ? "rpc error" : JSON.stringify(this.#content(url)));
    };
    if (!this.broken && Number(url.searchParams.get("index")) >= this.#index) this.#waiting.add(send);
    else send();
  }

  #content({ pathname, searchParams }: URL): unknown {
    if (pathname === "/v1/agent/self") return { Config: { Datacenter: "dc1" } };
    if (pathname === "/v1/catalog/services") {
      return Object.fromEntries(Object.entries(this.services).map(([name, places]) => [name, places.flatMap(({ tags }) => tags ?? [])]));
    }
    const name = decodeURIComponent(pathname.split("/").at(-1) ?? "");
    const wanted = searchParams.getAll("tag");
    return (this.services[name] ?? [])
      .filter(({ tags = [] }) => wanted.every((tag) => tags.includes(tag)))
      .map(({ node, address = "", tags = [], checks = [] }) => ({
        Node: { Node: node, Address: `10.0.0.${node}`, Meta: { "os-name": "linux" }, TaggedAddresses: { lan: "10.0.0.1", wan: "1.2.3.4" } },
        Service: { ID: `${name}-${node}`, Service: name, Tags: tags, Address: address, Port: 8080, Meta: { "v.1": "x" } },
        Checks: checks,
      }));
  }
}

const start = (consul: Consul, more = "") => RunningComponent.start(discoveryConsul, `server = "${consul.origin.host}"\n${more}`);
const quick = 'refresh_interval = "20ms"';
const patience = { timeout: 10_000 };

describe("discovery.consul", () => {
  it("finds every place of every service, with what Consul knows about it", async () => {
    await using consul = await Consul.start({
      web: [{ node: "1", tags: ["a", "b"], checks: [{ Status: "passing" }, { Status: "warning" }] }],
      "db/x": [{ node: "2", address: "fd00::1" }],
    });
    await using running = await start(consul);
    await expect.poll(() => foundTargets(running).length, patience).toBe(2);
    expect(foundTargets(running)).toEqual([
      expect.objectContaining({
        __address__: "[fd00::1]:8080",
        __meta_consul_service: "db/x",
        __meta_consul_tags: ",,",
        __meta_consul_health: "passing",
      }),
      {
        __address__: "10.0.0.1:8080",
        __meta_consul_address: "10.0.0.1",
        __meta_consul_dc: "dc1",
        __meta_consul_health: "warning",
        __meta_consul_metadata_os_name: "linux",
        __meta_consul_node: "1",
        __meta_consul_service: "web",
        __meta_consul_service_id: "web-1",
        __meta_consul_service_metadata_v_1: "x",
        __meta_consul_service_port: "8080",
        __meta_consul_tagged_address_lan: "10.0.0.1",
        __meta_consul_tagged_address_wan: "1.2.3.4",
        __meta_consul_tags: ",a,b,",
      },
    ]);
  });

  it("finds what has all of the tags, in whatever state it is", async () => {
    await using consul = await Consul.start({
      web: [
        { node: "1", tags: ["a", "b"], checks: [{ Status: "critical" }, { Status: "warning" }] },
        { node: "2", tags: ["a", "b", "c"], address: "1.1.1.1", checks: [{ CheckID: "_node_maintenance", Status: "critical" }] },
        { node: "3", tags: ["a"] },
      ],
      other: [{ node: "4", tags: ["b"] }],
      untagged: [{ node: "5" }],
    });
    await using running = await start(consul, 'tags = ["a", "b"]\ntag_separator = ";"');
    await expect.poll(() => foundTargets(running).length, patience).toBe(2);
    const found = foundTargets(running).map((labels) => [
      labels["__address__"],
      labels["__meta_consul_health"],
      labels["__meta_consul_tags"],
    ]);
    expect(found).toEqual([
      ["10.0.0.1:8080", "critical", ";a;b;"],
      ["1.1.1.1:8080", "maintenance", ";a;b;c;"],
    ]);
    expect(consul.origin.requests.some(({ url }) => url.includes("other") || url.includes("untagged"))).toBe(false);
  });

  it("is told of changes, and forgets services that are gone", { timeout: 40_000 }, async () => {
    await using consul = await Consul.start({ web: [{ node: "1" }], db: [{ node: "2" }] });
    await using running = await start(consul, quick);
    await expect.poll(() => foundAddresses(running), patience).toEqual(["10.0.0.2:8080", "10.0.0.1:8080"]);
    consul.change({ web: [{ node: "1" }, { node: "3" }] });
    await expect.poll(() => foundAddresses(running), patience).toEqual(["10.0.0.1:8080", "10.0.0.3:8080"]);
    await sleep(200);
    const asked = consul.origin.requests.length;
    await sleep(200);
    expect(consul.origin.requests.length).toBe(asked);
  });

  it("asks as configured", async () => {
    await using consul = await Consul.start({ a: [{ node: "1" }] });
    const config = `
      token = "secret"
      datacenter = "dc2"
      namespace = "ns"
      partition = "p"
      allow_stale = false
      services = ["a"]
      node_meta = {"k" = "v"}
      username = "u"
      password = "p"`;
    await using running = await start(consul, config);
    await expect.poll(() => foundTargets(running).length, patience).toBe(1);
    expect(foundTargets(running)[0]).toMatchObject({ __meta_consul_dc: "dc2" });
    const [request] = consul.origin.requests;
    expect(request?.url).toBe("/v1/health/service/a?dc=dc2&ns=ns&partition=p&node-meta=k%3Av&wait=120000ms");
    expect(request?.headers).toMatchObject({ "x-consul-token": "secret", authorization: `Basic ${Buffer.from("u:p").toString("base64")}` });
  });

  it("keeps what it knows while Consul fails, and says so", async () => {
    await using consul = await Consul.start({ web: [{ node: "1" }] });
    await using running = await start(consul, quick);
    await expect.poll(() => foundTargets(running).length, patience).toBe(1);
    consul.broken = true;
    consul.change({});
    await expect
      .poll(() => loggedErrors(running).toSorted(), patience)
      .toEqual([
        "Error refreshing service list: Unexpected response code: 500 Internal Server Error",
        "Error refreshing service: Unexpected response code: 500 Internal Server Error",
      ]);
    expect(foundTargets(running)).toHaveLength(1);
    expect(running.metric("prometheus_sd_consul_rpc_failures_total")).toBe(2);
  });

  it("does not wait for the old index when a server comes back that counts from the beginning", async () => {
    await using consul = await Consul.start({ web: [{ node: "1" }] });
    await using running = RunningDiscoverer.start((context) => {
      const scope = { dc: "", ns: "", partition: "" };
      const client = new ConsulClient(context, {
        ...defaultHttpClient(),
        server: consul.origin.host,
        scheme: "http",
        token: { reveal: () => "" },
        scope,
        allowStale: true,
      });
      const all = { services: [], tags: [], nodeMeta: new Map(), datacenter: "", tagSeparator: ",", intervalMs: 20 };
      return new ConsulDiscoverer(context, client, all, 50);
    });
    await expect.poll(() => running.targets.length, patience).toBe(1);
    consul.broken = true;
    consul.change({});
    await expect.poll(() => running.healthy, patience).toBe(false);
    consul.restart({ web: [{ node: "1" }, { node: "2" }] });
    await expect.poll(() => [running.targets.length, running.healthy], patience).toEqual([2, true]);
  });

  it("stops at once while the server waits", async () => {
    await using consul = await Consul.start({ web: [{ node: "1" }] });
    const running = await start(consul, quick);
    await expect.poll(() => foundTargets(running).length, patience).toBe(1);
    await sleep(100);
    const begin = performance.now();
    await running[Symbol.asyncDispose]();
    expect(performance.now() - begin).toBeLessThan(1000);
    expect(loggedErrors(running)).toEqual([]);
  });

  it.each([
    ['refresh_interval = "0s"', "refresh_interval must be greater than 0"],
    ['username = "u"\nbasic_auth {\n}', "at most one of basic_auth and username and password must be configured"],
  ])("refuses %j", async (body, problem) => expect(RunningComponent.start(discoveryConsul, body)).rejects.toThrow(problem));
});
