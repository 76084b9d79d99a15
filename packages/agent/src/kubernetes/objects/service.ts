import type { JsonRecord } from "../../discovery/json-record.ts";
import { type Kind, type KubernetesObject, readMeta } from "./kubernetes-object.ts";

export interface Service extends KubernetesObject {
  readonly type: string;
  readonly clusterIp: string;
  readonly externalName: string;
  readonly loadBalancerIp: string;
  /** The address family that counts when the service has two: `IPv4` or `IPv6`; empty when it has one. */
  readonly primaryFamily: string;
  readonly ports: readonly ServicePort[];
}

export interface ServicePort {
  readonly name: string;
  readonly number: number;
  readonly protocol: string;
}

export const serviceKind: Kind<Service> = { name: "services", group: "/api/v1", role: "service", namespaced: true, read: readService };

function readService(object: JsonRecord): Service {
  const spec = object.record("spec");
  const dual = ["PreferDualStack", "RequireDualStack"].includes(spec.text("ipFamilyPolicy"));
  return {
    ...readMeta(object, "service"),
    type: spec.text("type"),
    clusterIp: spec.text("clusterIP"),
    externalName: spec.text("externalName"),
    loadBalancerIp: spec.text("loadBalancerIP"),
    primaryFamily: dual ? (spec.texts("ipFamilies")[0] ?? "") : "",
    ports: spec.records("ports").map((port) => ({ name: port.text("name"), number: port.number("port"), protocol: port.text("protocol") })),
  };
}
