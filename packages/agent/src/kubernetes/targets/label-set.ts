import { Labels } from "@flameline/profile";
import type { LabelPairs } from "../objects/kubernetes-object.ts";

/** Labels of pairs, in rising order of precedence. */
export function labelsOf(...parts: readonly LabelPairs[]): Labels {
  const entries: (readonly [string, string])[] = [];
  for (const pairs of parts) {
    for (let at = 0; at < pairs.length; at += 2) entries.push([pairs[at] ?? "", pairs[at + 1] ?? ""]);
  }
  return Labels.of(entries);
}
