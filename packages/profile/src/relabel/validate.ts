import { quoteText } from "../text/quote.ts";
import { regexProblem } from "./pattern/pattern.ts";
import { defaultRelabelRule, isRelabelAction, type RelabelAction, relabelActionProblem, type RelabelRule } from "./rule.ts";

const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** Characters of a label name and groups like `$1` or `${name}`, in the form that has one way to match. */
const labelTemplate = /^(?:[a-zA-Z_]|\$(?:\{\w+\}|\w))(?:\w|\$(?:\{\w+\}|\w))*$/;

/** Whether a label may be called so by a rule. */
export function isLabelName(text: string): boolean {
  return labelName.test(text);
}

/** What is wrong with the rule, in the words of the reference and the first problem in its order; undefined when nothing is. */
export function validateRule(rule: RelabelRule): string | undefined {
  const { action } = rule;
  if (!isRelabelAction(action)) return relabelActionProblem(action);
  for (const check of checks) {
    const problem = check(rule, action);
    if (problem !== undefined) return problem;
  }
  return regexProblem(rule.regex);
}

type Check = (rule: RelabelRule, action: RelabelAction) => string | undefined;

const needTarget: ReadonlySet<RelabelAction> = new Set(["replace", "hashmod", "lowercase", "uppercase", "keepequal", "dropequal"]);
const fixedReplacement: ReadonlySet<RelabelAction> = new Set(["lowercase", "uppercase", "keepequal", "dropequal"]);

const checks: readonly Check[] = [
  ({ modulus }, action) =>
    action === "hashmod" && modulus === 0n ? "relabel configuration for hashmod requires non-zero modulus" : undefined,
  ({ target_label }, action) =>
    needTarget.has(action) && target_label === "" ? `relabel configuration for ${action} action requires 'target_label' value` : undefined,
  // The reference takes every UTF-8 text here, whatever servers say to such a label later.
  ({ target_label }, action) =>
    needTarget.has(action) && !target_label.isWellFormed()
      ? `${quoteText(target_label)} is invalid 'target_label' for ${action} action`
      : undefined,
  ({ replacement }, action) =>
    fixedReplacement.has(action) && replacement !== defaultRelabelRule.replacement
      ? `'replacement' can not be set for ${action} action`
      : undefined,
  ({ replacement }, action) =>
    action === "labelmap" && !labelTemplate.test(replacement)
      ? `${quoteText(replacement)} is invalid 'replacement' for labelmap action`
      : undefined,
  (rule, action) =>
    (action === "labeldrop" || action === "labelkeep") &&
    hasSet(rule, ["source_labels", "target_label", "modulus", "separator", "replacement"])
      ? `${action} action requires only 'regex', and no other fields`
      : undefined,
  (rule, action) =>
    (action === "keepequal" || action === "dropequal") && hasSet(rule, ["regex", "modulus", "separator", "replacement"])
      ? `${action} action requires only 'source_labels' and 'target_label', and no other fields`
      : undefined,
];

/** Whether one of the fields differs from its default. */
function hasSet(rule: RelabelRule, fields: readonly (keyof RelabelRule)[]): boolean {
  return fields.some((field) => (field === "source_labels" ? rule.source_labels.length > 0 : rule[field] !== defaultRelabelRule[field]));
}
