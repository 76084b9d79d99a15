import { validateRule } from "@flameline/profile";
import { type Component, defineComponent } from "../../component/index.ts";
import { relabelRuleBlock, relabelRules } from "../../component/relabel-rule.ts";
import { targets } from "../../component/target.ts";
import { attr, blocks, type Infer } from "../../schema/index.ts";
import { TargetRelabeler } from "./target-relabeler.ts";

const fields = {
  targets: attr(targets, { required: true, doc: "The targets to relabel." }),
  rule: blocks(relabelRuleBlock, { doc: "Applied in order; the first one that drops a target ends it." }),
};

const exports = {
  output: attr(targets, { doc: "The targets after relabelling, in the order of `targets`, without those that were dropped." }),
  rules: attr(relabelRules, { doc: "The rules." }),
};

export const discoveryRelabel: Component = defineComponent({
  name: "discovery.relabel",
  stability: "generally-available",
  doc: "Rewrites the labels of targets, and leaves targets out.",
  arguments: fields,
  validate: ({ rule }) => rule.map(validateRule).find((problem) => problem !== undefined),
  exports,
  build(context, first) {
    const relabeler = new TargetRelabeler();
    const update = ({ targets: list, rule }: Infer<typeof fields>): void => {
      context.setExports({ output: relabeler.relabel(list, rule), rules: rule });
    };
    update(first);
    return { update };
  },
});
