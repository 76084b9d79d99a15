import { Labels } from "@flameline/profile";
import { compareTexts } from "../../schema/index.ts";
import { byLabels } from "../../discovery/label-order.ts";
import type { JsonRecord } from "../../discovery/json-record.ts";
import { prefixedLabels } from "../../discovery/label-name.ts";
import { networkLabels } from "../../discovery/docker/network-labels.ts";
import { joinHostPort } from "../../http/server/listen-error.ts";

export interface ContainerTargetOptions {
  /** Of containers that name no TCP port. */
  readonly port: number;
  /** The address of containers in the host's network. */
  readonly hostNetworkingHost: string;
  /** Of a container in several networks, only the first one by name counts. */
  readonly matchFirstNetwork: boolean;
}

const placeLabels = ["__meta_docker_container_name", "__meta_docker_network_name", "__address__", "__meta_docker_port_public_ip"];

type Entries = readonly (readonly [name: string, value: string])[];

/** A target for each TCP port of each container in each of its networks; sorted, because engines list ports in any order. */
export function containerTargets(
  containers: readonly JsonRecord[],
  networks: readonly JsonRecord[],
  options: ContainerTargetOptions,
): readonly Labels[] {
  const byId = new Map(containers.map((container) => [container.text("Id"), container]));
  const labelsOfNetwork = networkLabels(networks, "__meta_docker_network_");
  return containers
    .flatMap((container) => {
      const [name] = container.texts("Names");
      if (name === undefined) return [];
      const common: Entries = [
        ["__meta_docker_container_id", container.text("Id")],
        ["__meta_docker_container_name", name],
        ["__meta_docker_container_network_mode", networkMode(container)],
        ...prefixedLabels("__meta_docker_container_label_", container.record("Labels").textEntries()),
      ];
      return networksOf(container, byId, options.matchFirstNetwork).flatMap((network) => {
        const shared = [...common, ...(labelsOfNetwork.get(network.text("NetworkID")) ?? [])];
        return portsIn(container, network.text("IPAddress"), options).map((own) => Labels.of([...shared, ...own]));
      });
    })
    .sort(byLabels(placeLabels));
}

function networkMode(container: JsonRecord): string {
  return container.record("HostConfig").text("NetworkMode");
}

/** The container's networks by name; those of the container whose network it shares when it has none of its own. */
function networksOf(container: JsonRecord, byId: ReadonlyMap<string, JsonRecord>, firstOnly: boolean): readonly JsonRecord[] {
  const seen = new Set<JsonRecord>();
  let owner: JsonRecord | undefined = container;
  while (owner !== undefined && !seen.has(owner)) {
    seen.add(owner);
    const networks = owner.record("NetworkSettings").record("Networks").entries();
    if (networks.length > 0) {
      const sorted = [...networks].sort(([a], [b]) => compareTexts(a, b)).map(([, network]) => network);
      return firstOnly ? sorted.slice(0, 1) : sorted;
    }
    owner = byId.get(networkMode(owner).replace(/^container:/, ""));
  }
  return [];
}

/** The labels of each target that a container has at an address. */
function portsIn(container: JsonRecord, address: string, options: ContainerTargetOptions): readonly Entries[] {
  const ports = container.records("Ports").filter((port) => port.text("Type") === "tcp");
  if (ports.length === 0) {
    const place = networkMode(container) === "host" ? options.hostNetworkingHost : joinHostPort(address, options.port);
    return [
      [
        ["__address__", place],
        ["__meta_docker_network_ip", address],
      ],
    ];
  }
  return ports.map((port) => [
    ["__address__", joinHostPort(address, port.number("PrivatePort"))],
    ["__meta_docker_network_ip", address],
    ["__meta_docker_port_private", String(port.number("PrivatePort"))],
    ...publicLabels(port),
  ]);
}

function publicLabels(port: JsonRecord): Entries {
  const published = port.number("PublicPort");
  if (published === 0) return [];
  return [
    ["__meta_docker_port_public", String(published)],
    ["__meta_docker_port_public_ip", port.text("IP")],
  ];
}
