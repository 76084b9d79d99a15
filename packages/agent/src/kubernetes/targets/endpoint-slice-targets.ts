import type { Labels } from "@flameline/profile";
import { joinHostPort } from "../../http/server/listen-error.ts";
import { type EndpointSlice, endpointSliceKind, type SliceEndpoint } from "../objects/endpoint-slice.ts";
import { metaPrefix } from "../objects/kubernetes-object.ts";
import { EndpointPods } from "./endpoint-pods.ts";
import { SharedLabels } from "./label-set.ts";
import { namespaceLabels, nodeMetaLabels, type Role, type Surroundings } from "./role.ts";

export const endpointSliceRole: Role<EndpointSlice> = {
  kind: endpointSliceKind,
  source: "endpointslice/",
  needs: ["services", "pods"],
  attaches: ["nodes", "namespaces"],
  targets: sliceTargets,
  related: ({ serviceKey, endpoints, namespace }) => ({
    services: serviceKey === "" ? [] : [serviceKey],
    pods: endpoints.flatMap(({ target }) => (target === undefined || target.podKey === "" ? [] : [target.podKey])),
    nodes: endpoints.map(nodeOf).filter((name) => name !== ""),
    namespaces: [namespace],
  }),
};

/**
 * A target for each address and port of a slice, and for the other ports of the pods behind them. None for the second address family of a service, which
 * names the same endpoints again.
 */
function sliceTargets(slice: EndpointSlice, surroundings: Surroundings): readonly Labels[] {
  const service = surroundings.services?.get(slice.serviceKey);
  if (service !== undefined && service.primaryFamily !== "" && service.primaryFamily !== slice.addressType) return [];
  const group = new SharedLabels([
    `${metaPrefix}namespace`,
    slice.namespace,
    `${metaPrefix}endpointslice_address_type`,
    slice.addressType,
    ...slice.metaLabels,
    ...(service?.metaLabels ?? []),
    ...namespaceLabels(slice, surroundings),
  ]);
  const pods = new EndpointPods(surroundings);
  const reached = slice.endpoints.flatMap((endpoint) =>
    slice.ports.flatMap((port) =>
      endpoint.addresses.map((address) =>
        group.with(
          ["__address__", port.number === undefined ? address : joinHostPort(address, port.number)],
          port.labels,
          endpoint.labels,
          nodeMetaLabels(nodeOf(endpoint), surroundings),
          pods.labels(endpoint.target, port.number),
        ),
      ),
    ),
  );
  return [...reached, ...pods.others(group)];
}

/** The node that an endpoint is, or is on. */
function nodeOf({ node, target }: SliceEndpoint): string {
  return target?.kind === "Node" ? target.name : node;
}
