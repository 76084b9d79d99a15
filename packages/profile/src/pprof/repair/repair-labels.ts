import { Labels } from "../../labels/labels.ts";
import { labelName, profileTypeName, truncated, wellFormed } from "./repaired-text.ts";
import type { RepairKind, RepairOptions } from "./repair-limits.ts";

export interface RepairedLabels {
  /** The same object when nothing had to be repaired. */
  readonly labels: Labels;
  readonly kinds: readonly RepairKind[];
}

/** Of too many labels these stay: a profile is nothing without them. */
const needed = ["__name__", "service_name", "__delta__", "__session_id__"];

/** The labels of a series as a server takes them. Names that become equal by it get a number, `a_b_2`. */
export function repairLabels(labels: Labels, { limits, kinds }: Omit<RepairOptions, "now">): RepairedLabels {
  const repair = new LabelsRepair(kinds);
  const result = new Map<string, string>();
  for (const [name, value] of labels) if (labelName(name, limits.maxNameBytes) === name) result.set(name, value);
  for (const [name, value] of labels) {
    if (result.has(name)) continue;
    const fixed = repair.try("label_names", name, freeName(labelName(name, limits.maxNameBytes), value, result));
    if (fixed !== "") result.set(fixed, value);
  }
  for (const [name, value] of result) {
    const text = repair.try("utf8", value, wellFormed(value));
    const typed = name === "__name__" ? repair.try("label_names", text, profileTypeName(text)) : text;
    result.set(name, repair.try("label_values", typed, truncated(typed, limits.maxValueBytes)));
  }
  if (result.size > limits.maxLabels && kinds.has("label_count")) {
    repair.found.add("label_count");
    const order = Labels.of(result).pairs.filter((_, at) => at % 2 === 0 && !needed.includes(_));
    for (const name of order.slice(Math.max(0, limits.maxLabels - result.size + order.length))) result.delete(name);
  }
  return { labels: repair.found.size === 0 ? labels : Labels.of(result), kinds: [...repair.found] };
}

/** A name for the value that no other label has: the name itself, or with a number. */
export function freeName(name: string, value: string, taken: ReadonlyMap<string, string>): string {
  if (name === "") return "";
  for (let number = 2, free = name; ; number += 1) {
    const other = taken.get(free);
    if (other === undefined || other === value) return free;
    free = `${name}_${number}`;
  }
}

/** Makes changes of the kinds that may be made, and remembers which were. */
export class LabelsRepair {
  readonly found: Set<RepairKind> = new Set();
  readonly #kinds: ReadonlySet<RepairKind>;

  constructor(kinds: ReadonlySet<RepairKind>) {
    this.#kinds = kinds;
  }

  try(kind: RepairKind, before: string, after: string): string {
    if (before === after || !this.#kinds.has(kind)) return before;
    this.found.add(kind);
    return after;
  }
}
