import type { RuleSet } from "@flameline/profile";
import { Target } from "../../component/target.ts";

/** The targets that the rules leave, in order. A target that no rule changes stays the very same object. */
export function relabelTargets(targets: readonly Target[], rules: RuleSet): readonly Target[] {
  return targets.flatMap((target) => {
    const labels = rules.apply(target.labels);
    if (labels === undefined) return [];
    return labels === target.labels ? target : new Target(labels);
  });
}
