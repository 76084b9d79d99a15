import type { Labels } from "@flameline/profile";
import { compareTexts } from "../schema/index.ts";

/** Compares label sets by the values of these labels, then by all. For lists that come in another order each time. */
export function byLabels(names: readonly string[]): (a: Labels, b: Labels) => number {
  return (a, b) => {
    for (const name of names) {
      const order = compareTexts(a.get(name), b.get(name));
      if (order !== 0) return order;
    }
    return compareTexts(a.key, b.key);
  };
}
