import type { JsonRecord } from "../../discovery/json-record.ts";
import { type Kind, type KubernetesObject, objectKey, readMeta, shared } from "./kubernetes-object.ts";

export interface Endpoints extends KubernetesObject {
  readonly subsets: readonly EndpointSubset[];
  /** `truncated` or `warning` when there are more than 1000 addresses. */
  readonly overCapacity: string;
}

export interface EndpointSubset {
  readonly ports: readonly EndpointPort[];
  readonly ready: readonly EndpointAddress[];
  readonly notReady: readonly EndpointAddress[];
}

export interface EndpointPort {
  readonly name: string;
  readonly number: number;
  readonly protocol: string;
}

export interface EndpointAddress {
  readonly ip: string;
  readonly hostname: string;
  readonly node: string;
  readonly target: ObjectReference | undefined;
}

/** What stands behind an address. */
export interface ObjectReference {
  /** `Pod`, `Node` … */
  readonly kind: string;
  readonly name: string;
  /** `namespace/name` of a pod; empty for anything else. */
  readonly podKey: string;
}

export const endpointsKind: Kind<Endpoints> = {
  name: "endpoints",
  group: "/api/v1",
  role: "endpoints",
  namespaced: true,
  read: readEndpoints,
};

function readEndpoints(object: JsonRecord): Endpoints {
  return {
    ...readMeta(object, "endpoints"),
    overCapacity: object.record("metadata").record("annotations").text("endpoints.kubernetes.io/over-capacity"),
    subsets: object.records("subsets").map((subset) => ({
      ports: subset.records("ports").map((port) => ({
        name: shared(port.text("name")),
        number: port.number("port"),
        protocol: shared(port.text("protocol")),
      })),
      ready: subset.records("addresses").map(readAddress),
      notReady: subset.records("notReadyAddresses").map(readAddress),
    })),
  };
}

function readAddress(address: JsonRecord): EndpointAddress {
  return {
    ip: address.text("ip"),
    hostname: address.text("hostname"),
    node: shared(address.text("nodeName")),
    target: readReference(address),
  };
}

/** The `targetRef` of an address. */
export function readReference(address: JsonRecord): ObjectReference | undefined {
  if (!address.has("targetRef")) return undefined;
  const reference = address.record("targetRef");
  const kind = shared(reference.text("kind"));
  const name = reference.text("name");
  return { kind, name, podKey: kind === "Pod" ? objectKey(reference.text("namespace"), name) : "" };
}
