import type { Component } from "../../component/index.ts";
import { defineDiscovery } from "../../discovery/define-discovery.ts";
import { httpClientFields, normalizeHttpClient, validateHttpClient } from "../../http/client/arguments.ts";
import { kubernetesClientFields } from "../../kubernetes/connection/client-arguments.ts";
import { attr, block, blocks, bool, defineBlock, list, string } from "../../schema/index.ts";
import { KubernetesDiscoverer, type KubernetesDiscoveryArguments, type Selector } from "./kubernetes-discoverer.ts";
import { roles } from "./roles.ts";
import { fieldSelectorProblem, labelSelectorProblem } from "./selector-syntax.ts";

const namespacesBlock = defineBlock({
  fields: {
    own_namespace: attr(bool, { doc: "The namespace of the pod in which the program runs." }),
    names: attr(list(string), { doc: "Namespaces." }),
  },
});

const selectorBlock = defineBlock({
  fields: {
    role: attr(string, { required: true, doc: "What is selected: objects of this role." }),
    label: attr(string, { doc: "A label selector, e.g. `app=web,tier in (a, b)`." }),
    field: attr(string, { doc: "A field selector, e.g. `spec.nodeName=node1`." }),
  },
});

const attachBlock = defineBlock({
  fields: {
    node: attr(bool, {
      doc: "Labels and annotations of the node, for the roles `pod`, `endpoints` and `endpointslice`. Pods of other nodes are left out.",
    }),
    namespace: attr(bool, { doc: "Labels and annotations of the namespace, for all roles but `node`." }),
  },
});

export const discoveryKubernetes: Component = defineDiscovery({
  name: "discovery.kubernetes",
  stability: "generally-available",
  doc:
    "Follows the pods, services, endpoints, ingresses or nodes of a Kubernetes cluster. It lists them once and watches what changes; components that watch " +
    "the same objects share that. While the API server is away, what was found before stays in use.",
  arguments: {
    api_server: kubernetesClientFields.api_server,
    role: attr(string, {
      required: true,
      doc: "What the targets are: `pod`, `service`, `endpoints`, `endpointslice`, `node` or `ingress`.",
    }),
    kubeconfig_file: kubernetesClientFields.kubeconfig_file,
    ...httpClientFields,
    namespaces: block(namespacesBlock, { doc: "Where to look; everywhere when it names none." }),
    selectors: blocks(selectorBlock, { doc: "Selects what the API server sends: one for each role." }),
    attach_metadata: block(attachBlock, { doc: "What targets are told about the objects around them." }),
  },
  validate: (args) => validateHttpClient(args) ?? validateNamespaces(args) ?? validateRole(args),
  normalize: normalizeHttpClient,
  discover: (context, args) => new KubernetesDiscoverer(context, args),
});

/** Refused is what could never find anything. */
function validateNamespaces({ namespaces, api_server: server, kubeconfig_file: file }: KubernetesDiscoveryArguments): string | undefined {
  if (!namespaces.own_namespace) return undefined;
  if (server !== "") return "cannot use 'api_server' and 'namespaces.own_namespace' simultaneously";
  return file === "" ? undefined : "cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously";
}

function validateRole({ role, selectors }: KubernetesDiscoveryArguments): string | undefined {
  if (!roles.has(role)) {
    return `invalid role: ${JSON.stringify(role)}, expecting one of: pod, service, endpoints, endpointslice, node or ingress`;
  }
  const seen = new Set<string>();
  for (const selector of selectors) {
    if (seen.has(selector.role)) return `duplicated selector role: ${selector.role}`;
    seen.add(selector.role);
    const problem = selectorProblem(selector);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function selectorProblem({ field, label }: Selector): string | undefined {
  return fieldSelectorProblem(field) ?? labelSelectorProblem(label);
}
