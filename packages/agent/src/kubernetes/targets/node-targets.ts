import type { Labels } from "@flameline/profile";
import { sanitizeLabelName } from "../../discovery/label-name.ts";
import { joinHostPort } from "../../http/server/listen-error.ts";
import { metaPrefix } from "../objects/kubernetes-object.ts";
import { type Node, nodeKind } from "../objects/node.ts";
import { SharedLabels } from "./label-set.ts";
import type { Role } from "./role.ts";

/** Which of a node's addresses counts. */
const preferredAddresses = ["InternalIP", "InternalDNS", "ExternalIP", "ExternalDNS", "LegacyHostIP", "Hostname"];

export const nodeRole: Role<Node> = {
  kind: nodeKind,
  source: "node/",
  needs: [],
  attaches: [],
  targets: nodeTargets,
  related: () => ({}),
  warning: (node) => (addressOf(node) === undefined ? `node ${node.name} has no address` : undefined),
};

/** One target: the node's kubelet. None for a node without an address. */
function nodeTargets(node: Node): readonly Labels[] {
  const address = addressOf(node);
  if (address === undefined) return [];
  // Of several addresses of a type the first one counts.
  const addresses = [...node.addresses]
    .reverse()
    .flatMap((one) => [sanitizeLabelName(`${metaPrefix}node_address_${one.type}`), one.address]);
  return [
    new SharedLabels(node.labels, node.metaLabels).with(
      ["__address__", joinHostPort(address, node.kubeletPort), "instance", node.name],
      addresses,
    ),
  ];
}

function addressOf({ addresses }: Node): string | undefined {
  for (const type of preferredAddresses) {
    const found = addresses.find((one) => one.type === type);
    if (found !== undefined) return found.address;
  }
  return undefined;
}
