import type { Labels } from "@flameline/profile";
import { joinHostPort } from "../../http/server/listen-error.ts";
import { type EndpointAddress, type EndpointPort, type Endpoints, endpointsKind } from "../objects/endpoints.ts";
import { type LabelPairs, metaPrefix } from "../objects/kubernetes-object.ts";
import { EndpointPods } from "./endpoint-pods.ts";
import { SharedLabels } from "./label-set.ts";
import { namespaceLabels, nodeMetaLabels, type Role, type Surroundings } from "./role.ts";

const prefix = `${metaPrefix}endpoint_`;

export const endpointsRole: Role<Endpoints> = {
  kind: endpointsKind,
  source: "endpoints/",
  needs: ["services", "pods"],
  attaches: ["nodes", "namespaces"],
  targets: endpointsTargets,
  related(endpoints) {
    const addresses = endpoints.subsets.flatMap(({ ready, notReady }) => [...ready, ...notReady]);
    return {
      services: [endpoints.key],
      pods: addresses.flatMap(({ target }) => (target === undefined || target.podKey === "" ? [] : [target.podKey])),
      nodes: addresses.map(nodeOf).filter((name) => name !== ""),
      namespaces: [endpoints.namespace],
    };
  },
  warning({ key, overCapacity }) {
    if (overCapacity === "") return undefined;
    const cut = overCapacity === "truncated" ? " and has been truncated" : "";
    return `number of addresses in the Endpoints object ${key} exceeds 1000${cut}, use the role endpointslice instead`;
  },
};

/** A target for each address and port of a service, and for the other ports of the pods behind them. */
function endpointsTargets(endpoints: Endpoints, surroundings: Surroundings): readonly Labels[] {
  const group = new SharedLabels([
    `${metaPrefix}namespace`,
    endpoints.namespace,
    ...(surroundings.services?.get(endpoints.key)?.metaLabels ?? []),
    ...endpoints.metaLabels,
    ...namespaceLabels(endpoints, surroundings),
  ]);
  const pods = new EndpointPods(surroundings);
  const targetOf = (address: EndpointAddress, port: EndpointPort, ready: boolean): Labels =>
    group.with(
      ["__address__", joinHostPort(address.ip, port.number)],
      addressLabels(address, port, ready),
      nodeMetaLabels(nodeOf(address), surroundings),
      pods.labels(address.target, port.number, port.protocol),
    );
  const reached = endpoints.subsets.flatMap(({ ports, ready, notReady }) =>
    ports.flatMap((port) => [
      ...ready.map((address) => targetOf(address, port, true)),
      ...notReady.map((address) => targetOf(address, port, false)),
    ]),
  );
  return [...reached, ...pods.others(group)];
}

function addressLabels({ hostname, node, target }: EndpointAddress, port: EndpointPort, ready: boolean): LabelPairs {
  return [
    `${prefix}port_name`,
    port.name,
    `${prefix}port_protocol`,
    port.protocol,
    `${prefix}ready`,
    String(ready),
    `${prefix}address_target_kind`,
    target?.kind ?? "",
    `${prefix}address_target_name`,
    target?.name ?? "",
    `${prefix}node_name`,
    node,
    `${prefix}hostname`,
    hostname,
  ];
}

/** The node that an address is on, or that it is. */
function nodeOf({ node, target }: EndpointAddress): string {
  if (node !== "") return node;
  return target?.kind === "Node" ? target.name : "";
}
