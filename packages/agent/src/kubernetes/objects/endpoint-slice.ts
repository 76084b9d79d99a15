import type { JsonRecord } from "../../discovery/json-record.ts";
import { prefixedLabels } from "../../discovery/label-name.ts";
import { type ObjectReference, readReference } from "./endpoints.ts";
import { type Kind, type KubernetesObject, type LabelPairs, metaPrefix, objectKey, readMeta, shared } from "./kubernetes-object.ts";

export interface EndpointSlice extends KubernetesObject {
  /** `IPv4`, `IPv6` or `FQDN`. */
  readonly addressType: string;
  /** `namespace/name` of the service that it belongs to; empty when it belongs to none. */
  readonly serviceKey: string;
  readonly ports: readonly SlicePort[];
  readonly endpoints: readonly SliceEndpoint[];
}

export interface SlicePort {
  /** Undefined means that all ports are meant. */
  readonly number: number | undefined;
  readonly labels: LabelPairs;
}

export interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly node: string;
  readonly target: ObjectReference | undefined;
  readonly labels: LabelPairs;
}

export const endpointSliceKind: Kind<EndpointSlice> = {
  name: "endpointslices",
  group: "/apis/discovery.k8s.io/v1",
  role: "endpointslice",
  namespaced: true,
  read: readSlice,
};

const prefix = `${metaPrefix}endpointslice_`;

function readSlice(object: JsonRecord): EndpointSlice {
  const meta = readMeta(object, "endpointslice");
  const service = object.record("metadata").record("labels").text("kubernetes.io/service-name");
  return {
    ...meta,
    addressType: shared(object.text("addressType")),
    serviceKey: service === "" ? "" : objectKey(meta.namespace, service),
    ports: object.records("ports").map(readPort),
    endpoints: object.records("endpoints").map(readEndpoint),
  };
}

function readPort(port: JsonRecord): SlicePort {
  const given = port.number("port");
  const number = given === 0 ? undefined : given;
  return {
    number,
    labels: [
      `${prefix}port_name`,
      shared(port.text("name")),
      `${prefix}port_protocol`,
      shared(port.text("protocol")),
      `${prefix}port`,
      number === undefined ? "" : shared(String(number)),
      `${prefix}port_app_protocol`,
      shared(port.text("appProtocol")),
    ],
  };
}

function readEndpoint(endpoint: JsonRecord): SliceEndpoint {
  const conditions = endpoint.record("conditions");
  const target = readReference(endpoint);
  const node = shared(endpoint.text("nodeName"));
  const topology = endpoint.record("deprecatedTopology").textEntries();
  return {
    addresses: endpoint.texts("addresses"),
    node,
    target,
    labels: [
      ...(["ready", "serving", "terminating"] as const).flatMap((name) => [`${prefix}endpoint_conditions_${name}`, conditions.flag(name)]),
      `${prefix}endpoint_hostname`,
      endpoint.text("hostname"),
      `${prefix}endpoint_node_name`,
      node,
      `${prefix}endpoint_zone`,
      shared(endpoint.text("zone")),
      ...prefixedLabels(`${prefix}endpoint_topology_`, topology).flat(),
      ...prefixedLabels(`${prefix}endpoint_topology_present_`, topology).flatMap(([name]) => [name, "true"]),
      `${prefix}address_target_kind`,
      target?.kind ?? "",
      `${prefix}address_target_name`,
      target?.name ?? "",
    ],
  };
}
