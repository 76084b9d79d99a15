import type { Labels } from "@flameline/profile";
import { compareTexts } from "../schema/index.ts";
import { Target } from "../component/target.ts";
import type { TargetGroup } from "./target-group.ts";

/**
 * All targets of a discoverer by source. A target whose labels have not changed stays the very same object, whatever is published again: whoever
 * works on targets may remember them by identity.
 */
export class TargetSets {
  readonly #sets = new Map<string, readonly Target[]>();
  #list: readonly Target[] | undefined = [];

  /** Sorted by source, then as the source has them. */
  get targets(): readonly Target[] {
    this.#list ??= [...this.#sets].sort(([a], [b]) => compareTexts(a, b)).flatMap(([, targets]) => targets);
    return this.#list;
  }

  /** Replaces the sources of these groups; true when that changes anything. */
  apply(groups: readonly TargetGroup[]): boolean {
    let changed = false;
    for (const group of groups) changed = this.#replace(group) || changed;
    if (changed) this.#list = undefined;
    return changed;
  }

  #replace({ source, targets: labels }: TargetGroup): boolean {
    const before = this.#sets.get(source);
    if (labels.length === 0) return this.#sets.delete(source);
    const after = before === undefined ? labels.map((one) => new Target(one)) : keepKnown(before, labels);
    if (after === before) return false;
    this.#sets.set(source, after);
    return true;
  }
}

/** The targets of these labels, known ones as the objects that they are; `before` itself when nothing has changed. */
function keepKnown(before: readonly Target[], labels: readonly Labels[]): readonly Target[] {
  let others: Map<string, Target> | undefined;
  let same = before.length === labels.length;
  const after = labels.map((one, index) => {
    const target = before[index];
    if (target !== undefined && equalPairs(target.labels, one)) return target;
    same = false;
    others ??= new Map(before.map((known) => [known.labels.key, known]));
    return others.get(one.key) ?? new Target(one);
  });
  return same ? before : after;
}

/** Equality without the key that `Labels.equals` would make, and keep, for each of them. */
function equalPairs({ pairs: a }: Labels, { pairs: b }: Labels): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1) if (a[at] !== b[at]) return false;
  return true;
}
