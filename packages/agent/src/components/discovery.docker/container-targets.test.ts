import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixturesExist, fixturesFolder } from "../../../../../tests/support/fixtures.ts";
import { readJsonList } from "../../discovery/json-record.ts";
import { containerTargets } from "./container-targets.ts";

const options = { port: 80, hostNetworkingHost: "localhost", matchFirstNetwork: true };
const find = (containers: unknown, networks: unknown = [], more: Partial<typeof options> = {}) =>
  containerTargets(readJsonList(Buffer.from(JSON.stringify(containers))), readJsonList(Buffer.from(JSON.stringify(networks))), {
    ...options,
    ...more,
  }).map((labels) => labels.toRecord());

const container = (name: string, networks: object, more: object = {}) => ({
  Id: `id-${name}`,
  Names: [`/${name}`],
  NetworkSettings: { Networks: networks },
  HostConfig: { NetworkMode: "bridge" },
  ...more,
});

describe("containerTargets", () => {
  it("has a target for each TCP port, the fallback port without one", () => {
    const ports = [
      { PrivatePort: 53, Type: "udp" },
      { PrivatePort: 8080, PublicPort: 18080, IP: "127.0.0.1", Type: "tcp" },
    ];
    const network = { NetworkID: "n", IPAddress: "10.0.0.2" };
    const common = { __meta_docker_container_network_mode: "bridge", __meta_docker_network_ip: "10.0.0.2" };
    expect(
      find([container("a", { n: network }, { Ports: ports, Labels: { "a.b-c/é": "1" } }), container("b", { n: network }, { Ports: null })]),
    ).toEqual([
      {
        ...common,
        __address__: "10.0.0.2:8080",
        __meta_docker_container_id: "id-a",
        __meta_docker_container_name: "/a",
        __meta_docker_container_label_a_b_c__: "1",
        __meta_docker_port_private: "8080",
        __meta_docker_port_public: "18080",
        __meta_docker_port_public_ip: "127.0.0.1",
      },
      { ...common, __address__: "10.0.0.2:80", __meta_docker_container_id: "id-b", __meta_docker_container_name: "/b" },
    ]);
  });

  it("takes the first network by name, or all of them", () => {
    const networks = { z: { IPAddress: "10.0.0.9" }, a: { IPAddress: "fd00::1" } };
    expect(find([container("a", networks)]).map((one) => one["__address__"])).toEqual(["[fd00::1]:80"]);
    const all = find([container("a", networks)], [], { matchFirstNetwork: false });
    expect(all.map((one) => one["__address__"])).toEqual(["10.0.0.9:80", "[fd00::1]:80"]);
  });

  it("follows shared networks, also in circles", () => {
    const shares = (id: string) => ({ HostConfig: { NetworkMode: `container:id-${id}` } });
    const found = find([
      container("a", {}, shares("b")),
      container("b", {}, shares("c")),
      container("c", { n: { IPAddress: "10.0.0.3" } }),
      container("d", {}, shares("e")),
      container("e", {}, shares("d")),
      container("f", {}, shares("gone")),
    ]);
    expect(found.map((one) => [one["__meta_docker_container_name"], one["__address__"]])).toEqual([
      ["/a", "10.0.0.3:80"],
      ["/b", "10.0.0.3:80"],
      ["/c", "10.0.0.3:80"],
    ]);
  });

  it("leaves out what has no name, and gives the host's network the configured host", () => {
    const hosted = container("h", { host: { IPAddress: "" } }, { HostConfig: { NetworkMode: "host" } });
    expect(find([{ ...hosted, Names: [] }, { ...hosted, Names: null }, 5, null, hosted]).map((one) => one["__address__"])).toEqual([
      "localhost",
    ]);
  });

  it("does not depend on the order in which the engine lists", () => {
    const ports = [1, 2, 3].map((port) => ({ PrivatePort: port, Type: "tcp" }));
    const list = (order: readonly object[]) => [container("b", { n: {} }, { Ports: order }), container("a", { n: {} }, { Ports: order })];
    expect(find(list([...ports].reverse()).reverse())).toEqual(find(list(ports)));
  });
});

describe.skipIf(!fixturesExist)("containerTargets on recorded engines (needs fixtures)", () => {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(fixturesFolder, "discovery", name), "utf8"));

  it("finds what Prometheus found, label for label", () => {
    const oracle = read("oracle-targets-k8s-docker.json") as { data: { activeTargets: { discoveredLabels: Record<string, string> }[] } };
    const expected = oracle.data.activeTargets
      .map(({ discoveredLabels }) =>
        Object.fromEntries(Object.entries(discoveredLabels).filter(([name]) => /^__(meta|address)_/.test(name))),
      )
      .filter((labels) => "__meta_docker_container_id" in labels);
    // Prometheus shows one of the targets that differ in internal labels only: those of the IPv4 and the IPv6 side of a published port.
    const found = find(read("docker-api-dockerd-containers.json"), read("docker-api-dockerd-networks.json"));
    expect(found).toEqual(expect.arrayContaining(expected));
    const others = found.filter((one) => !expected.some((other) => JSON.stringify(other) === JSON.stringify(one)));
    expect(others.map((one) => [one["__address__"], one["__meta_docker_port_public_ip"]])).toEqual([["172.18.0.2:8080", "0.0.0.0"]]);
  });

  it("reads what Podman says, which leaves members out", () => {
    const found = find(read("docker-api-podman-containers.json"), read("docker-api-podman-networks.json"));
    expect(found.map((one) => one["__address__"])).toEqual(["10.89.0.3:80", "10.89.0.2:8080"]);
    // Prometheus finds no labels of networks here, because Podman's containers name them instead of giving their ids.
    expect(found.map((one) => one["__meta_docker_network_name"])).toEqual(["testnet", "testnet"]);
  });
});
