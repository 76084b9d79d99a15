import type { RuleSet } from "../../relabel/compile-rules.ts";
import { Labels } from "../../labels/labels.ts";
import { compareTexts } from "../../text/order.ts";
import { defaultProfileLimits, type ProfileLimits } from "../limits.ts";
import { rewriteProfile } from "./rewrite-profile.ts";
import { type LabelEdit, type LabelRole, type SampleLabel, textLabel } from "./sample-labels.ts";
import { withWorkbench } from "./workbench.ts";

export interface RelabelledSamples {
  /** Undefined when the rules dropped all samples; the very same bytes when they changed nothing. */
  readonly profile: Uint8Array | undefined;
  /** Samples of the profile that the rules dropped. */
  readonly dropped: number;
}

/**
 * Applies rules to the labels of each sample of a profile that is not compressed. Samples whose stack and labels have become equal are one sample with
 * the sum of their values; samples that a rule drops go.
 *
 * Rules see labels that are texts, of several with one name the last by its bytes. One that they leave alone stays as it is, together with the others of its name.
 * Labels that are numbers stay, unless `labeldrop` or `labelkeep` takes them by their name. The rules must be compiled to keep what loses all its labels.
 *
 * @throws ProfileDataError
 */
export function relabelSamples(profile: Uint8Array, rules: RuleSet, limits: ProfileLimits = defaultProfileLimits): RelabelledSamples {
  return withWorkbench((bench) => {
    const { parts, samples, dropped } = rewriteProfile(bench, bench.read(profile, limits), { labels: new RuleEdit(rules) });
    if (!bench.importer.labelsChanged) return { profile, dropped };
    return { profile: samples > 0 ? parts[0] : undefined, dropped };
  });
}

class RuleEdit implements LabelEdit {
  readonly #rules: RuleSet;

  constructor(rules: RuleSet) {
    this.#rules = rules;
  }

  /** Labels that no rule reads or writes, such as ids of requests, are different in each sample and not looked at. */
  roleOf(name: string, kind: "text" | "number"): LabelRole {
    if (kind === "text" && this.#rules.concernsLabel(name)) return "seen";
    return this.#rules.keepsName(name) ? "kept" : "dropped";
  }

  edit(labels: readonly SampleLabel[]): readonly SampleLabel[] | undefined {
    const sorted = labels.toSorted((a, b) => compareTexts(a.text ?? "", b.text ?? ""));
    const before = Labels.of(sorted.map(({ name, text }) => [name, text ?? ""]));
    const after = this.#rules.apply(before);
    if (after === undefined) return undefined;
    const kept = labels.filter(({ name }) => before.get(name) === after.get(name));
    const made = Array.from(after).filter(([name, value]) => before.get(name) !== value);
    return [...kept, ...made.map(([name, value]) => textLabel(name, value))];
  }
}
