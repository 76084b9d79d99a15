import { Labels } from "@flameline/profile";
import type { JsonRecord } from "../../discovery/json-record.ts";
import { byLabels } from "../../discovery/label-order.ts";
import { joinHostPort } from "../../http/server/listen-error.ts";
import {
  type Entries,
  nodeEngineLabels,
  nodeLabels,
  serviceLabels,
  serviceTaskLabels,
  swarmNetworkLabels,
  taskLabels,
  tcpPorts,
} from "./swarm-labels.ts";

const address = "__address__";

/** A target for each node, at the port. */
export function nodeTargets(nodes: readonly JsonRecord[], port: number): readonly Labels[] {
  return nodes
    .map((node) =>
      Labels.of([...nodeLabels(node), ...nodeEngineLabels(node), [address, joinHostPort(node.record("Status").text("Addr"), port)]]),
    )
    .sort(byLabels(["__meta_dockerswarm_node_hostname"]));
}

/** A target for each published TCP port of each virtual address of each service; without one, at `port`. */
export function serviceTargets(services: readonly JsonRecord[], networks: readonly JsonRecord[], port: number): readonly Labels[] {
  const labelsOfNetwork = swarmNetworkLabels(networks);
  return services
    .flatMap((service) => {
      const common = [...serviceLabels(service), ...serviceTaskLabels(service)];
      const endpoint = service.record("Endpoint");
      const ports = tcpPorts(endpoint.records("Ports"));
      return endpoint.records("VirtualIPs").flatMap((virtual) => {
        const host = hostOf(virtual.text("Addr"));
        const shared = [...common, ...(labelsOfNetwork.get(virtual.text("NetworkID")) ?? [])];
        return placesOf(host, ports, port, endpointLabels).map((own) => Labels.of([...shared, ...own]));
      });
    })
    .sort(byLabels(["__meta_dockerswarm_service_name", address]));
}

export interface SwarmLists {
  readonly tasks: readonly JsonRecord[];
  readonly services: readonly JsonRecord[];
  readonly nodes: readonly JsonRecord[];
  readonly networks: readonly JsonRecord[];
}

/** Targets for the ports that a task publishes at its node, and for the ports of its service at its addresses in the networks; without ports, at `port`. */
export function taskTargets({ tasks, services, nodes, networks }: SwarmLists, port: number): readonly Labels[] {
  const labelsOfNetwork = swarmNetworkLabels(networks);
  const labelsOfService = new Map(services.map((service) => [service.text("ID"), serviceLabels(service)]));
  const portsOfService = new Map(services.map((service) => [service.text("ID"), tcpPorts(service.record("Endpoint").records("Ports"))]));
  const nodesById = new Map(nodes.map((node) => [node.text("ID"), node]));
  return tasks
    .flatMap((task) => {
      const node = nodesById.get(task.text("NodeID"));
      const service = task.text("ServiceID");
      const common = [...taskLabels(task), ...(labelsOfService.get(service) ?? []), ...(node === undefined ? [] : nodeLabels(node))];
      const published = tcpPorts(task.record("Status").record("PortStatus").records("Ports"));
      const nodeAddress = node?.record("Status").text("Addr") ?? "";
      const atNode = published.map((one) => [...common, ...publishLabels(one), placeOf(nodeAddress, one)]);
      const inNetworks = task.records("NetworksAttachments").flatMap((attachment) => {
        const shared = [...common, ...(labelsOfNetwork.get(attachment.record("Network").text("ID")) ?? [])];
        return attachment.texts("Addresses").flatMap((own) => {
          return placesOf(hostOf(own), portsOfService.get(service) ?? [], port, publishLabels).map((entries) => [...shared, ...entries]);
        });
      });
      return [...atNode, ...inNetworks].map((entries) => Labels.of(entries));
    })
    .sort(byLabels(["__meta_dockerswarm_service_name", "__meta_dockerswarm_task_slot", address]));
}

/** The labels of each port at a host, those of the one port that stands in when there are none. */
function placesOf(
  host: string,
  ports: readonly JsonRecord[],
  fallback: number,
  labelsOf: (port: JsonRecord) => Entries,
): readonly Entries[] {
  if (ports.length === 0) return [[[address, joinHostPort(host, fallback)]]];
  return ports.map((port) => [...labelsOf(port), placeOf(host, port)]);
}

function placeOf(host: string, port: JsonRecord): readonly [string, string] {
  return [address, joinHostPort(host, port.number("PublishedPort"))];
}

function endpointLabels(port: JsonRecord): Entries {
  return [
    ["__meta_dockerswarm_service_endpoint_port_name", port.text("Name")],
    ["__meta_dockerswarm_service_endpoint_port_publish_mode", port.text("PublishMode")],
  ];
}

function publishLabels(port: JsonRecord): Entries {
  return [["__meta_dockerswarm_task_port_publish_mode", port.text("PublishMode")]];
}

/** The address in `10.0.0.2/24`. */
function hostOf(cidr: string): string {
  const [host = "", mask] = cidr.split("/");
  if (mask === undefined) throw new Error(`error while parsing address ${cidr}: invalid CIDR address: ${cidr}`);
  return host;
}
