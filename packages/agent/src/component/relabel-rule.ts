import { defaultRelabelRule, regexProblem, relabelActionProblem, type RelabelRule } from "@flameline/profile";
import type { BlockDefinition } from "../schema/fields.ts";
import { attr, defineBlock } from "../schema/fields.ts";
import type { Type } from "../schema/type.ts";
import { capsule } from "../schema/types/capsule.ts";
import { list } from "../schema/types/list.ts";
import { uint64 } from "../schema/types/numbers.ts";
import { string } from "../schema/types/string.ts";
import { text } from "../schema/types/text.ts";
import { Capsule, type Value } from "../schema/value.ts";

const action = checkedText("relabel action", defaultRelabelRule.action, relabelActionProblem);
const regex = checkedText("regexp", "", regexProblem);

/** The members of a block `rule` of any component that relabels. Rules that concern several of them are `validateRule`'s. */
export const relabelRuleFields = {
  source_labels: attr(list(string), { doc: "Labels whose values, joined by `separator`, are what `regex` must match." }),
  separator: attr(string, { default: defaultRelabelRule.separator, doc: "Stands between the values of `source_labels`." }),
  regex: attr(regex, { default: defaultRelabelRule.regex, alwaysShown: true, doc: "RE2 expression, for the text as a whole." }),
  modulus: attr(uint64, { doc: "Number of shards for `hashmod`." }),
  target_label: attr(string, { doc: "The label that is written; with `replace` it may use groups of the match." }),
  replacement: attr(string, { default: defaultRelabelRule.replacement, doc: "What is written; may use groups of the match." }),
  action: attr(action, { default: defaultRelabelRule.action, doc: "What the rule does." }),
} as const;

/** The block `rule` of components that relabel targets. */
export const relabelRuleBlock: BlockDefinition<RelabelRule> = defineBlock({ fields: relabelRuleFields });

/** Rules on their way through the language. */
class RulesCapsule extends Capsule {
  override readonly typeName = "relabel.Rules";
  readonly rules: readonly RelabelRule[];

  constructor(rules: readonly RelabelRule[]) {
    super();
    this.rules = rules;
  }

  override equals(other: Value): boolean {
    return other instanceof RulesCapsule && rulesKey(other.rules) === rulesKey(this.rules);
  }
}

/** Rules that a component exports for others. */
export const relabelRules: Type<readonly RelabelRule[]> = capsule<readonly RelabelRule[]>({
  doc: "relabel rules",
  typeName: "relabel.Rules",
  zero: () => [],
  unwrap: (value) => (value instanceof RulesCapsule ? value.rules : undefined),
  wrap: (rules) => new RulesCapsule(rules),
});

function rulesKey(rules: readonly RelabelRule[]): string {
  return JSON.stringify(rules, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

function checkedText(doc: string, zero: string, problemOf: (text: string) => string | undefined): Type<string> {
  return text({
    doc,
    zero,
    parse(written) {
      const problem = problemOf(written);
      if (problem !== undefined) throw new Error(problem);
      return written;
    },
    format: (value) => value,
  });
}
