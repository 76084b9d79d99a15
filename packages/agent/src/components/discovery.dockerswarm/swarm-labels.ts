import { networkLabels } from "../../discovery/docker/network-labels.ts";
import type { JsonRecord } from "../../discovery/json-record.ts";
import { prefixedLabels } from "../../discovery/label-name.ts";

export type Entries = readonly (readonly [name: string, value: string])[];

const prefix = "__meta_dockerswarm_";

/** The labels of each network by its id. */
export function swarmNetworkLabels(networks: readonly JsonRecord[]): ReadonlyMap<string, Entries> {
  return networkLabels(networks, `${prefix}network_`);
}

/** What tasks are told about their node, and targets of nodes about themselves. */
export function nodeLabels(node: JsonRecord): Entries {
  const spec = node.record("Spec");
  const description = node.record("Description");
  return [
    [`${prefix}node_id`, node.text("ID")],
    [`${prefix}node_role`, spec.text("Role")],
    [`${prefix}node_address`, node.record("Status").text("Addr")],
    [`${prefix}node_availability`, spec.text("Availability")],
    [`${prefix}node_hostname`, description.text("Hostname")],
    [`${prefix}node_platform_architecture`, description.record("Platform").text("Architecture")],
    [`${prefix}node_platform_os`, description.record("Platform").text("OS")],
    [`${prefix}node_status`, node.record("Status").text("State")],
    ...prefixedLabels(`${prefix}node_label_`, spec.record("Labels").textEntries()),
  ];
}

/** What targets of nodes know in addition. */
export function nodeEngineLabels(node: JsonRecord): Entries {
  const manager = node.record("ManagerStatus");
  return [
    [`${prefix}node_engine_version`, node.record("Description").record("Engine").text("EngineVersion")],
    ...(node.has("ManagerStatus")
      ? ([
          [`${prefix}node_manager_leader`, String(manager.bool("Leader"))],
          [`${prefix}node_manager_reachability`, manager.text("Reachability")],
          [`${prefix}node_manager_address`, manager.text("Addr")],
        ] as const)
      : []),
  ];
}

/** What tasks are told about their service, and targets of services about themselves. */
export function serviceLabels(service: JsonRecord): Entries {
  const spec = service.record("Spec");
  return [
    [`${prefix}service_id`, service.text("ID")],
    [`${prefix}service_name`, spec.text("Name")],
    [`${prefix}service_mode`, spec.record("Mode").has("Global") ? "global" : spec.record("Mode").has("Replicated") ? "replicated" : ""],
    ...prefixedLabels(`${prefix}service_label_`, spec.record("Labels").textEntries()),
  ];
}

/** What targets of services know in addition. */
export function serviceTaskLabels(service: JsonRecord): Entries {
  const container = service.record("Spec").record("TaskTemplate").record("ContainerSpec");
  return [
    [`${prefix}service_task_container_hostname`, container.text("Hostname")],
    [`${prefix}service_task_container_image`, container.text("Image")],
    [`${prefix}service_updating_status`, service.record("UpdateStatus").text("State")],
  ];
}

export function taskLabels(task: JsonRecord): Entries {
  const status = task.record("Status");
  return [
    [`${prefix}task_id`, task.text("ID")],
    [`${prefix}task_desired_state`, task.text("DesiredState")],
    [`${prefix}task_state`, status.text("State")],
    [`${prefix}task_slot`, String(task.number("Slot"))],
    [`${prefix}task_container_id`, status.record("ContainerStatus").text("ContainerID")],
    ...prefixedLabels(`${prefix}container_label_`, task.record("Spec").record("ContainerSpec").record("Labels").textEntries()),
  ];
}

/** Ports that TCP is spoken at. */
export function tcpPorts(ports: readonly JsonRecord[]): readonly JsonRecord[] {
  return ports.filter((port) => port.text("Protocol") === "tcp");
}
