import type { Labels } from "@flameline/profile";
import { type Ingress, ingressKind } from "../objects/ingress.ts";
import { metaPrefix } from "../objects/kubernetes-object.ts";
import { SharedLabels } from "./label-set.ts";
import { namespaceLabels, type Role, type Surroundings } from "./role.ts";

const prefix = `${metaPrefix}ingress_`;

export const ingressRole: Role<Ingress> = {
  kind: ingressKind,
  source: "ingress/",
  needs: [],
  attaches: ["namespaces"],
  targets: ingressTargets,
  related: ({ namespace }) => ({ namespaces: [namespace] }),
};

/** A target for each path of each rule. */
function ingressTargets(ingress: Ingress, surroundings: Surroundings): readonly Labels[] {
  const group = new SharedLabels([
    `${metaPrefix}namespace`,
    ingress.namespace,
    `${prefix}class_name`,
    ingress.className,
    ...ingress.metaLabels,
    ...namespaceLabels(ingress, surroundings),
  ]);
  return ingress.rules.flatMap(({ host, paths }) => {
    const scheme = ingress.tlsHosts.some((pattern) => coversHost(pattern, host)) ? "https" : "http";
    return paths.map((path) => group.with(["__address__", host, `${prefix}scheme`, scheme, `${prefix}host`, host, `${prefix}path`, path]));
  });
}

/** Equal, or equal behind a `*` that stands for the first part of the name. */
function coversHost(pattern: string, host: string): boolean {
  if (pattern === host) return true;
  if (!pattern.startsWith("*.")) return false;
  const dot = host.indexOf(".");
  return dot >= 0 && host.slice(dot) === pattern.slice(1);
}
