import { type Labels, LabelsBuilder } from "../labels/labels.ts";
import { bytesOfText } from "../text/bytes.ts";
import { toLowerCase, toUpperCase } from "./letter-case.ts";
import { md5 } from "./md5.ts";
import { compilePattern, type Pattern } from "./pattern/pattern.ts";
import { isRelabelAction, type RelabelAction, relabelActionProblem, type RelabelRule } from "./rule.ts";
import { compileTemplate } from "./template.ts";
import { isLabelName } from "./validate.ts";

/** Rules made ready to be applied. */
export interface RuleSet {
  readonly rules: readonly RelabelRule[];
  /**
   * The labels after all rules; the very same object when they change nothing. Undefined when a rule drops the set or the rules leave no label of it:
   * nothing could be done with a profile or target without labels.
   */
  apply(labels: Labels): Labels | undefined;
  /** Whether `labeldrop` and `labelkeep` leave a label of this name. */
  keepsName(name: string): boolean;
  /** Whether a rule may read or write the value of a label of this name. */
  concernsLabel(name: string): boolean;
}

export interface CompileRulesOptions {
  /**
   * What a `target_label` with groups may come out as; a rule whose target comes out otherwise changes nothing. `classic`: `[a-zA-Z_][a-zA-Z0-9_]*`, for
   * profiles. `any`: every text that is not empty and is UTF-8, as discovery.relabel has it.
   */
  readonly targetNames?: "classic" | "any";
  /** Keeps a set that is left without labels, as samples of a profile may be. */
  readonly keepEmpty?: boolean;
}

/** Compiles rules that {@link validateRule} accepts; throws when one has an unknown action or a broken regular expression. */
export function compileRules(
  rules: readonly RelabelRule[],
  { targetNames = "classic", keepEmpty = false }: CompileRulesOptions = {},
): RuleSet {
  const isName = targetNames === "classic" ? isLabelName : (name: string) => name !== "" && name.isWellFormed();
  const steps = rules.map((rule) => compileRule(rule, isName));
  const keepsOrder = rules.some(({ action }) => action === "labelmap");
  const nameTests = rules.flatMap(nameTestOf);
  return {
    rules,
    concernsLabel: labelTest(rules),
    keepsName: (name) => nameTests.every((keeps) => keeps(name)),
    apply(labels) {
      if (steps.length === 0) return labels;
      const builder = new LabelsBuilder(labels, keepsOrder);
      for (const step of steps) {
        if (!step(builder)) return undefined;
      }
      const result = builder.labels();
      return result.size === 0 && labels.size > 0 && !keepEmpty ? undefined : result;
    },
  };
}

/** Applies one rule; false drops the set. */
type Step = (builder: LabelsBuilder) => boolean;

type NameTest = (name: string) => boolean;

function compileRule(rule: RelabelRule, isName: NameTest): Step {
  const { action } = rule;
  if (!isRelabelAction(action)) throw new Error(relabelActionProblem(action));
  return compilers[action](rule, compilePattern(rule.regex), isName);
}

const compilers: Readonly<Record<RelabelAction, (rule: RelabelRule, pattern: Pattern, isName: NameTest) => Step>> = {
  replace,
  hashmod,
  labelmap,
  keep: (rule, pattern) => (builder) => pattern.test(sourceValue(rule, builder)),
  drop: (rule, pattern) => (builder) => !pattern.test(sourceValue(rule, builder)),
  keepequal: (rule) => (builder) => builder.get(rule.target_label) === sourceValue(rule, builder),
  dropequal: (rule) => (builder) => builder.get(rule.target_label) !== sourceValue(rule, builder),
  lowercase: (rule) => change((builder) => builder.set(rule.target_label, toLowerCase(sourceValue(rule, builder)))),
  uppercase: (rule) => change((builder) => builder.set(rule.target_label, toUpperCase(sourceValue(rule, builder)))),
  labeldrop: (_, pattern) => deletion((name) => pattern.test(name)),
  labelkeep: (_, pattern) => deletion((name) => !pattern.test(name)),
};

function nameTestOf({ action, regex }: RelabelRule): readonly NameTest[] {
  if (action !== "labeldrop" && action !== "labelkeep") return [];
  const pattern = compilePattern(regex);
  return [(name) => pattern.test(name) === (action === "labelkeep")];
}

function labelTest(rules: readonly RelabelRule[]): NameTest {
  const anything = rules.some(({ action, target_label: target }) => action === "labelmap" || target.includes("$"));
  const names = new Set(rules.flatMap(({ source_labels: sources, target_label: target }) => [...sources, target]));
  return (name) => anything || names.has(name);
}

/** A step that never drops the set. */
function change(edit: (builder: LabelsBuilder) => void): Step {
  return (builder) => {
    edit(builder);
    return true;
  };
}

function deletion(test: NameTest): Step {
  const remembered = rememberByName(test);
  return change((builder) => builder.deleteWhere(remembered));
}

/** So many names are remembered: sets of labels have few names, and the same ones again and again. */
const maxRememberedNames = 4096;

function rememberByName<T>(compute: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const value = compute(name);
    if (known.size >= maxRememberedNames) known.clear();
    known.set(name, value);
    return value;
  };
}

function sourceValue({ source_labels: names, separator }: RelabelRule, builder: LabelsBuilder): string {
  const [first] = names;
  if (names.length === 1 && first !== undefined) return builder.get(first);
  return names.map((name) => builder.get(name)).join(separator);
}

function replace(rule: RelabelRule, pattern: Pattern, isName: NameTest): Step {
  const target = compileTemplate(rule.target_label, pattern.names);
  const replacement = compileTemplate(rule.replacement, pattern.names);
  return change((builder) => {
    const groups = pattern.match(sourceValue(rule, builder));
    if (groups === undefined) return;
    const name = target(groups);
    if (isName(name)) builder.set(name, replacement(groups));
  });
}

/** The shard of a text: its MD5's last eight bytes, big-endian, modulo `modulus`. */
function hashmod(rule: RelabelRule): Step {
  return change((builder) => {
    const hash = md5(bytesOfText(sourceValue(rule, builder))).getBigUint64(8);
    builder.set(rule.target_label, String(hash % rule.modulus));
  });
}

/** Of several names that map to one, the last wins: labels in the order of their names, then those that rules have set. A name that maps to nothing stays alone. */
function labelmap(rule: RelabelRule, pattern: Pattern): Step {
  const replacement = compileTemplate(rule.replacement, pattern.names);
  const mappedName = rememberByName((name) => {
    const groups = pattern.match(name);
    return groups === undefined ? "" : replacement(groups);
  });
  return change((builder) => {
    const pairs = builder.inOrder();
    for (let at = 0; at < pairs.length; at += 2) {
      const mapped = mappedName(pairs[at] ?? "");
      if (mapped !== "") builder.set(mapped, pairs[at + 1] ?? "");
    }
  });
}
