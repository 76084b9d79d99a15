import type { KubernetesObject } from "../../kubernetes/objects/kubernetes-object.ts";
import { endpointSliceRole } from "../../kubernetes/targets/endpoint-slice-targets.ts";
import { endpointsRole } from "../../kubernetes/targets/endpoints-targets.ts";
import { ingressRole } from "../../kubernetes/targets/ingress-targets.ts";
import { nodeRole } from "../../kubernetes/targets/node-targets.ts";
import { podRole } from "../../kubernetes/targets/pod-targets.ts";
import type { Companion, Role } from "../../kubernetes/targets/role.ts";
import { serviceRole } from "../../kubernetes/targets/service-targets.ts";

const list = [podRole, serviceRole, endpointsRole, endpointSliceRole, nodeRole, ingressRole] as const;

/** By the name that the configuration has for them. Each role is only ever given objects of its own kind. */
export const roles: ReadonlyMap<string, Role<KubernetesObject>> = new Map(
  list.map((role) => [role.kind.role, role as unknown as Role<KubernetesObject>]),
);

const companionRoles: Readonly<Record<Companion, string | undefined>> = {
  pods: "pod",
  services: "service",
  nodes: "node",
  // All of them are watched, whatever is selected.
  namespaces: undefined,
};

/** The roles of the objects that selectors are good for, when targets of a role are told about `attached`. */
export function selectableRoles(role: Role<KubernetesObject>, attached: readonly Companion[]): readonly string[] {
  const companions = [...role.needs, ...attached.filter((companion) => role.attaches.includes(companion))];
  return [role.kind.role, ...companions.flatMap((companion) => companionRoles[companion] ?? [])];
}
