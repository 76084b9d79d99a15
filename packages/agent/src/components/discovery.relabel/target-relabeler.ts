import { compileRules, type RelabelRule, type RuleSet } from "@flameline/profile";
import { Target } from "../../component/target.ts";

/**
 * Applies rules to lists of targets. A target that was relabelled by the same rules before, which is what most targets of a changed list were, costs a
 * lookup, and becomes the very same object again.
 */
export class TargetRelabeler {
  #rules: RuleSet = compileRules([]);
  #key = "";
  #known = new WeakMap<Target, Target | "dropped">();

  /** The targets that the rules leave, in order. A target that no rule changes stays the very same object, unless it shows names without a value. */
  relabel(targets: readonly Target[], rules: readonly RelabelRule[]): readonly Target[] {
    this.#use(rules);
    const left: Target[] = [];
    for (const target of targets) {
      const relabelled = this.#known.get(target) ?? this.#apply(target);
      if (relabelled !== "dropped") left.push(relabelled);
    }
    return left;
  }

  #use(rules: readonly RelabelRule[]): void {
    const key = JSON.stringify(rules, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
    if (key === this.#key) return;
    this.#key = key;
    this.#rules = compileRules(rules, { targetNames: "any" });
    this.#known = new WeakMap();
  }

  #apply(target: Target): Target | "dropped" {
    const labels = this.#rules.apply(target.labels);
    // As in the reference, what comes out has labels only, whether a rule has changed them or not.
    const stays = labels === target.labels && !target.hasUnset;
    const relabelled = labels === undefined ? "dropped" : stays ? target : new Target(labels);
    this.#known.set(target, relabelled);
    return relabelled;
  }
}
