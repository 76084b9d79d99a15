import { Labels } from "@flameline/profile";
import type { LabelPairs } from "../objects/kubernetes-object.ts";

/**
 * Labels that many targets share, sorted once. All label names of this discovery are ASCII, so JavaScript's order of texts is that of their bytes.
 *
 * `parts` are in rising order of precedence.
 */
export class SharedLabels {
  /** Sorted by name, without empty values. */
  readonly #pairs: LabelPairs;

  constructor(...parts: readonly LabelPairs[]) {
    const values = valuesOf(parts);
    const pairs: string[] = [];
    for (const name of [...values.keys()].sort()) {
      const value = values.get(name) ?? "";
      if (value !== "") pairs.push(name, value);
    }
    this.#pairs = pairs;
  }

  /** These labels with others, which win, also where they are empty. */
  with(...parts: readonly LabelPairs[]): Labels {
    const own = valuesOf(parts);
    const names = [...own.keys()].sort();
    const shared = this.#pairs;
    const merged: string[] = [];
    let at = 0;
    for (const name of names) {
      for (; at < shared.length && (shared[at] ?? "") < name; at += 2) merged.push(shared[at] ?? "", shared[at + 1] ?? "");
      if (shared[at] === name) at += 2;
      const value = own.get(name) ?? "";
      if (value !== "") merged.push(name, value);
    }
    for (; at < shared.length; at += 1) merged.push(shared[at] ?? "");
    // A list that grew has room for half as much again, which would stay with every target.
    return Labels.ofSorted(merged.slice());
  }
}

/** The last of equal names wins. */
function valuesOf(parts: readonly LabelPairs[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const pairs of parts) {
    for (let at = 0; at < pairs.length; at += 2) values.set(pairs[at] ?? "", pairs[at + 1] ?? "");
  }
  return values;
}
