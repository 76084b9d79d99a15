import type { Labels } from "@flameline/profile";
import { joinHostPort } from "../../http/server/listen-error.ts";
import { type LabelPairs, metaPrefix } from "../objects/kubernetes-object.ts";
import { type Service, serviceKind } from "../objects/service.ts";
import { SharedLabels } from "./label-set.ts";
import { namespaceLabels, type Role, type Surroundings } from "./role.ts";

const prefix = `${metaPrefix}service_`;

export const serviceRole: Role<Service> = {
  kind: serviceKind,
  source: "svc/",
  needs: [],
  attaches: ["namespaces"],
  targets: serviceTargets,
  related: ({ namespace }) => ({ namespaces: [namespace] }),
};

/** A target for each port of a service, by its name in the cluster. */
function serviceTargets(service: Service, surroundings: Surroundings): readonly Labels[] {
  const { name, namespace } = service;
  const group = new SharedLabels([`${metaPrefix}namespace`, namespace, ...service.metaLabels, ...namespaceLabels(service, surroundings)]);
  return service.ports.map((port) =>
    group.with(typeLabels(service), [
      "__address__",
      joinHostPort(`${name}.${namespace}.svc`, port.number),
      `${prefix}port_name`,
      port.name,
      `${prefix}port_number`,
      String(port.number),
      `${prefix}port_protocol`,
      port.protocol,
    ]),
  );
}

function typeLabels({ type, clusterIp, externalName, loadBalancerIp }: Service): LabelPairs {
  return [
    `${prefix}type`,
    type,
    ...(type === "ExternalName" ? [`${prefix}external_name`, externalName] : [`${prefix}cluster_ip`, clusterIp]),
    ...(type === "LoadBalancer" ? [`${prefix}loadbalancer_ip`, loadBalancerIp] : []),
  ];
}
