import type { Labels } from "@flameline/profile";
import { joinHostPort } from "../../http/server/listen-error.ts";
import { type LabelPairs, metaPrefix, shared } from "../objects/kubernetes-object.ts";
import { type Container, type ContainerPort, type Pod, podKind } from "../objects/pod.ts";
import { SharedLabels } from "./label-set.ts";
import { namespaceLabels, nodeMetaLabels, type Role, type Surroundings } from "./role.ts";

const prefix = `${metaPrefix}pod_container_`;

export const podRole: Role<Pod> = {
  kind: podKind,
  source: "pod/",
  needs: [],
  attaches: ["nodes", "namespaces"],
  targets: podTargets,
  related: ({ node, namespace }) => ({ nodes: node === "" ? [] : [node], namespaces: [namespace] }),
};

/**
 * A target for each port of each container, and one without a port for a container that names none. None for a pod without an address, and for one whose
 * node is not among the selected ones.
 */
export function podTargets(pod: Pod, surroundings: Surroundings): readonly Labels[] {
  if (pod.ip === "") return [];
  if (surroundings.nodes !== undefined && surroundings.nodes.get(pod.node) === undefined) return [];
  const group = new SharedLabels([
    ...pod.labels,
    `${metaPrefix}namespace`,
    pod.namespace,
    ...nodeMetaLabels(pod.node, surroundings),
    ...namespaceLabels(pod, surroundings),
  ]);
  return pod.containers.flatMap((container) => {
    const own = [...containerLabels(container), `${prefix}id`, container.id];
    if (container.ports.length === 0) return [group.with(own, ["__address__", pod.ip])];
    return container.ports.map((port) => group.with(own, portLabels(port), ["__address__", joinHostPort(pod.ip, port.number)]));
  });
}

/** Those of a container, without its id. */
export function containerLabels({ name, image, init }: Container): LabelPairs {
  return [`${prefix}name`, name, `${prefix}image`, image, `${prefix}init`, init ? "true" : "false"];
}

export function portLabels({ name, number, protocol }: ContainerPort): LabelPairs {
  return [`${prefix}port_name`, name, `${prefix}port_number`, shared(String(number)), `${prefix}port_protocol`, protocol];
}
