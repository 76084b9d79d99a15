export { compileRules, type CompileRulesOptions, type RuleSet } from "./compile-rules.ts";
export { regexProblem } from "./pattern/pattern.ts";
export { RelabelCache } from "./relabel-cache.ts";
export { defaultRelabelRule, type RelabelAction, relabelActionProblem, relabelActions, type RelabelRule, relabelRule } from "./rule.ts";
export { isLabelName, validateRule } from "./validate.ts";
