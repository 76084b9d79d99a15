import type { Labels } from "@flameline/profile";
import type { Kind, KubernetesObject } from "../objects/kubernetes-object.ts";
import type { Pod } from "../objects/pod.ts";
import type { Node } from "../objects/node.ts";
import type { Service } from "../objects/service.ts";

interface Lookup<T> {
  get(key: string): T | undefined;
}

/** What the targets of an object are told about others. What is not watched is absent. */
export interface Surroundings {
  readonly pods?: Lookup<Pod>;
  readonly services?: Lookup<Service>;
  readonly nodes?: Lookup<Node>;
  readonly namespaces?: Lookup<KubernetesObject>;
}

/** What a role depends on, apart from the objects of its own. */
export type Companion = keyof Surroundings;

/** One role of the discovery: what its targets are, and what they are made of. */
export interface Role<T extends KubernetesObject> {
  readonly kind: Kind<T>;
  /** What the sources of its groups begin with. */
  readonly source: string;
  /** What it always has to know besides. */
  readonly needs: readonly Companion[];
  /** What can be attached. */
  readonly attaches: readonly Companion[];
  targets(object: T, surroundings: Surroundings): readonly Labels[];
  /** Others on which the targets of an object depend: when one changes, the targets are made again. */
  related(object: T): Readonly<Partial<Record<Companion, readonly string[]>>>;
  /** Something that people should know about an object. */
  warning?(object: T): string | undefined;
}

/** Labels of the namespace of an object, when they are attached. */
export function namespaceLabels({ namespace }: KubernetesObject, { namespaces }: Surroundings): readonly string[] {
  return namespaces?.get(namespace)?.metaLabels ?? [];
}

/** Labels of a node, when they are attached. */
export function nodeMetaLabels(name: string, { nodes }: Surroundings): readonly string[] {
  return name === "" ? [] : (nodes?.get(name)?.metaLabels ?? []);
}
