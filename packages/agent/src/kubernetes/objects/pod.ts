import type { JsonRecord } from "../../discovery/json-record.ts";
import { podShape } from "./binary-shapes.ts";
import { type Kind, type KubernetesObject, type LabelPairs, metaPrefix, readMeta, shared } from "./kubernetes-object.ts";

export interface Pod extends KubernetesObject {
  /** Empty while it starts, and when it was evicted. */
  readonly ip: string;
  readonly node: string;
  /** Those of the pod itself, its name, labels and annotations included. */
  readonly labels: LabelPairs;
  /** The ordinary ones first, then those of the initialisation. */
  readonly containers: readonly Container[];
}

export interface Container {
  readonly name: string;
  readonly image: string;
  /** With the runtime in front: `containerd://…`; empty before it runs. */
  readonly id: string;
  readonly init: boolean;
  readonly ports: readonly ContainerPort[];
}

export interface ContainerPort {
  readonly name: string;
  readonly number: number;
  readonly protocol: string;
}

export const podKind: Kind<Pod> = { name: "pods", group: "/api/v1", role: "pod", namespaced: true, binary: podShape, read: readPod };

const noLabels: LabelPairs = [];

function readPod(object: JsonRecord): Pod {
  const meta = readMeta(object, "pod");
  const spec = object.record("spec");
  const status = object.record("status");
  const ip = status.text("podIP");
  const node = shared(spec.text("nodeName"));
  const containers = [
    ...readContainers(spec.records("containers"), status.records("containerStatuses"), false),
    ...readContainers(spec.records("initContainers"), status.records("initContainerStatuses"), true),
  ];
  const labels = [
    `${metaPrefix}pod_ip`,
    ip,
    `${metaPrefix}pod_ready`,
    readiness(status),
    `${metaPrefix}pod_phase`,
    shared(status.text("phase")),
    `${metaPrefix}pod_node_name`,
    node,
    `${metaPrefix}pod_host_ip`,
    shared(status.text("hostIP")),
    `${metaPrefix}pod_uid`,
    object.record("metadata").text("uid"),
    ...meta.metaLabels,
    ...controllerLabels(object),
  ];
  // A list that grew has room for half as much again, which would stay with every pod.
  return { ...meta, metaLabels: noLabels, ip, node, labels: labels.slice(), containers };
}

/** `true`, `false` or `unknown`. */
function readiness(status: JsonRecord): string {
  const condition = status.records("conditions").find((one) => one.text("type") === "Ready");
  return shared((condition?.text("status") ?? "Unknown").toLowerCase());
}

function controllerLabels(object: JsonRecord): LabelPairs {
  const owners = object.record("metadata").records("ownerReferences");
  const controller = owners.find((owner) => owner.bool("controller"));
  if (controller === undefined) return [];
  return [
    `${metaPrefix}pod_controller_kind`,
    shared(controller.text("kind")),
    `${metaPrefix}pod_controller_name`,
    shared(controller.text("name")),
  ];
}

function readContainers(containers: readonly JsonRecord[], statuses: readonly JsonRecord[], init: boolean): readonly Container[] {
  return containers.map((container) => {
    const name = shared(container.text("name"));
    return {
      name,
      image: shared(container.text("image")),
      id: statuses.find((status) => status.text("name") === name)?.text("containerID") ?? "",
      init,
      ports: container.records("ports").map((port) => ({
        name: shared(port.text("name")),
        number: port.number("containerPort"),
        protocol: shared(port.text("protocol")),
      })),
    };
  });
}
