import type { KubernetesObject } from "../../kubernetes/objects/kubernetes-object.ts";
import type { Companion, Role } from "../../kubernetes/targets/role.ts";

/** Which objects of a role depend on another object: the pods of a node, the endpoints of a pod. */
export class RelatedIndex<T extends KubernetesObject> {
  readonly #role: Role<T>;
  readonly #companions: readonly Companion[];
  /** By companion and key, the keys of those that depend on it. */
  readonly #dependents = new Map<string, Set<string>>();

  /** Only these companions are looked at. */
  constructor(role: Role<T>, companions: readonly Companion[]) {
    this.#role = role;
    this.#companions = companions;
  }

  add(object: T): void {
    for (const place of this.#places(object)) {
      const known = this.#dependents.get(place);
      if (known === undefined) this.#dependents.set(place, new Set([object.key]));
      else known.add(object.key);
    }
  }

  remove(object: T): void {
    for (const place of this.#places(object)) {
      const known = this.#dependents.get(place);
      if (known?.delete(object.key) === true && known.size === 0) this.#dependents.delete(place);
    }
  }

  dependents(companion: Companion, key: string): Iterable<string> {
    return this.#dependents.get(`${companion} ${key}`) ?? [];
  }

  #places(object: T): readonly string[] {
    if (this.#companions.length === 0) return [];
    const related = this.#role.related(object);
    return this.#companions.flatMap((companion) => (related[companion] ?? []).map((key) => `${companion} ${key}`));
  }
}
