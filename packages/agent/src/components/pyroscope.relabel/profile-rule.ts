import type { RelabelRule } from "@flameline/profile";
import { relabelRuleFields } from "../../component/relabel-rule.ts";
import { attr, type BlockDefinition, defineBlock, enumeration } from "../../schema/index.ts";

/** Which labels a rule is about: those of the profile, or those of the samples inside. */
export interface ProfileRule extends RelabelRule {
  readonly scope: "profile" | "samples";
}

const scope = enumeration(["profile", "samples"]);

export const profileRuleBlock: BlockDefinition<ProfileRule> = defineBlock({
  fields: {
    ...relabelRuleFields,
    scope: attr<ProfileRule["scope"]>(scope, {
      default: "profile",
      extension: true,
      doc: '`"samples"` applies the rule to the labels of the samples inside each pprof instead of those of the profile. `drop` and `keep` then act on samples; samples that become equal are added up; labels that are numbers stay unless `labeldrop` or `labelkeep` takes them. Rules of either scope keep their order; those for samples come after all others.',
    }),
  },
});
