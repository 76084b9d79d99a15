import { describe, expect, it } from "vitest";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { foundAddresses, foundTargets, loggedErrors } from "../../discovery/testing/found-targets.ts";
import { Origin } from "../../http/testing/origin.ts";
import { discoveryNomad } from "./component.ts";

const place = (service: string, port: number, namespace = "default") => ({
  ID: `_nomad-task-${port}`,
  ServiceName: service,
  Namespace: namespace,
  NodeID: "node-1",
  Datacenter: "dc1",
  Address: "10.0.0.1",
  Port: port,
  Tags: port === 1 ? ["a", "b"] : null,
});

/** Answers like a Nomad server with services in two namespaces; other namespaces than `*` are asked for by name. */
function startNomad(broken: () => boolean = () => false): Promise<Origin> {
  return Origin.start(({ url }, response) => {
    const { pathname, searchParams } = new URL(url, "http://nomad");
    const namespace = searchParams.get("namespace");
    const lists: Readonly<Record<string, unknown>> = {
      "/v1/services": [
        { Namespace: "default", Services: [{ ServiceName: "web/x", Tags: [] }] },
        ...(namespace === "*" ? [{ Namespace: "other", Services: [{ ServiceName: "web/x", Tags: [] }] }] : []),
      ],
      "/v1/service/web%2Fx": namespace === "other" ? [place("web/x", 3, "other")] : [place("web/x", 2), place("web/x", 1)],
    };
    response.statusCode = broken() ? 500 : 200;
    response.end(JSON.stringify(lists[pathname]));
  });
}

const start = (origin: Origin, more = "") => RunningComponent.start(discoveryNomad, `server = "${origin.url}/"\n${more}`);

describe("discovery.nomad", () => {
  it("finds every place of every service", async () => {
    await using origin = await startNomad();
    await using running = await start(origin, 'region = "eu"');
    await expect.poll(() => foundTargets(running).length).toBe(2);
    expect(foundTargets(running)[0]).toEqual({
      __address__: "10.0.0.1:1",
      __meta_nomad_address: "10.0.0.1",
      __meta_nomad_dc: "dc1",
      __meta_nomad_namespace: "default",
      __meta_nomad_node_id: "node-1",
      __meta_nomad_service: "web/x",
      __meta_nomad_service_address: "10.0.0.1",
      __meta_nomad_service_id: "_nomad-task-1",
      __meta_nomad_service_port: "1",
      __meta_nomad_tags: ",a,b,",
    });
    expect(foundTargets(running)[1]).not.toHaveProperty("__meta_nomad_tags");
    expect(origin.requests.map(({ url }) => url)).toEqual([
      "/v1/services?namespace=default&region=eu&stale=",
      "/v1/service/web%2Fx?namespace=default&region=eu&stale=",
    ]);
  });

  it("finds services of the same name in all namespaces", async () => {
    await using origin = await startNomad();
    await using running = await start(origin, 'namespace = "*"\nallow_stale = false');
    await expect.poll(() => foundAddresses(running)).toEqual(["10.0.0.1:1", "10.0.0.1:2", "10.0.0.1:3"]);
  });

  it("keeps what it knows while Nomad fails", async () => {
    let broken = false;
    await using origin = await startNomad(() => broken);
    await using running = await start(origin, 'refresh_interval = "100ms"');
    await expect.poll(() => foundTargets(running).length).toBe(2);
    broken = true;
    await expect.poll(() => running.metric("prometheus_sd_nomad_failures_total")).toBeGreaterThan(0);
    expect(loggedErrors(running)[0]).toBe("Unable to refresh target groups: Unexpected response code: 500 Internal Server Error");
    expect(foundTargets(running)).toHaveLength(2);
  });

  it.each([
    ['server = " "', "nomad SD configuration requires a server address"],
    ['refresh_interval = "0s"', "refresh_interval must be greater than 0"],
  ])("refuses %j", async (body, problem) => expect(RunningComponent.start(discoveryNomad, body)).rejects.toThrow(problem));
});
