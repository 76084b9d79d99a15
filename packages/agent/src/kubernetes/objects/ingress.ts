import type { JsonRecord } from "../../discovery/json-record.ts";
import { type Kind, type KubernetesObject, readMeta } from "./kubernetes-object.ts";

export interface Ingress extends KubernetesObject {
  readonly className: string;
  readonly rules: readonly IngressRule[];
  /** Hosts with a certificate; `*.example.com` stands for one level. */
  readonly tlsHosts: readonly string[];
}

export interface IngressRule {
  readonly host: string;
  readonly paths: readonly string[];
}

export const ingressKind: Kind<Ingress> = {
  name: "ingresses",
  group: "/apis/networking.k8s.io/v1",
  role: "ingress",
  namespaced: true,
  read: readIngress,
};

function readIngress(object: JsonRecord): Ingress {
  const spec = object.record("spec");
  return {
    ...readMeta(object, "ingress"),
    className: spec.text("ingressClassName"),
    rules: spec.records("rules").map((rule) => ({ host: rule.text("host"), paths: pathsOf(rule) })),
    tlsHosts: spec.records("tls").flatMap((tls) => tls.texts("hosts")),
  };
}

/** A rule without paths is for all of them. */
function pathsOf(rule: JsonRecord): readonly string[] {
  if (!rule.has("http")) return ["/"];
  return rule
    .record("http")
    .records("paths")
    .map((path) => path.text("path") || "/");
}
