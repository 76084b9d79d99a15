import type { JsonRecord } from "../../discovery/json-record.ts";
import { sanitizeLabelName } from "../../discovery/label-name.ts";
import { type Kind, type KubernetesObject, type LabelPairs, metaPrefix, readMeta } from "./kubernetes-object.ts";

export interface Node extends KubernetesObject {
  /** Those of its provider and of its conditions. */
  readonly labels: LabelPairs;
  readonly addresses: readonly NodeAddress[];
  readonly kubeletPort: number;
}

export interface NodeAddress {
  /** `InternalIP`, `Hostname` … */
  readonly type: string;
  readonly address: string;
}

export const nodeKind: Kind<Node> = { name: "nodes", group: "/api/v1", role: "node", namespaced: false, read: readNode };

function readNode(object: JsonRecord): Node {
  const status = object.record("status");
  const conditions = status.records("conditions").flatMap((condition) => {
    const type = sanitizeLabelName(condition.text("type").toLowerCase());
    return [`${metaPrefix}node_condition_${type}`, condition.text("status").toLowerCase()];
  });
  return {
    ...readMeta(object, "node"),
    labels: [`${metaPrefix}node_provider_id`, object.record("spec").text("providerID"), ...conditions],
    addresses: status.records("addresses").map((one) => ({ type: one.text("type"), address: one.text("address") })),
    kubeletPort: status.record("daemonEndpoints").record("kubeletEndpoint").number("Port"),
  };
}
