import type { MetricFamily } from "../component/metrics.ts";
import type { Series } from "./series.ts";
import { formatLabels } from "./text-format.ts";

const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** The series of one metric in one scope. Handles are made on first use and kept until they are removed or the scope closes. */
export class ScopedFamily<T extends Series> implements MetricFamily<T, string> {
  readonly name: string;
  readonly labelNames: readonly string[];
  readonly #scopeLabels: ReadonlyMap<string, string>;
  readonly #make: () => T;
  readonly #children = new Map<string, { readonly labels: string; readonly series: T }>();

  /** @throws Error for a label name that the text format cannot carry, or that the scope already gives. */
  constructor(name: string, labelNames: readonly string[], scopeLabels: ReadonlyMap<string, string>, make: () => T) {
    for (const label of labelNames) {
      if (!labelName.test(label)) throw new Error(`metric ${name}: ${JSON.stringify(label)} is not a label name`);
      if (scopeLabels.has(label)) throw new Error(`metric ${name}: label ${label} belongs to the scope`);
    }
    this.name = name;
    this.labelNames = labelNames;
    this.#scopeLabels = scopeLabels;
    this.#make = make;
  }

  with(values: Readonly<Record<string, string>>): T {
    const key = this.#key(values);
    const known = this.#children.get(key);
    if (known !== undefined) return known.series;
    const own = this.labelNames.map((label) => [label, values[label] ?? ""] as const);
    const child = { labels: formatLabels([...this.#scopeLabels, ...own]), series: this.#make() };
    this.#children.set(key, child);
    return child.series;
  }

  remove(values: Readonly<Record<string, string>>): void {
    this.#children.delete(this.#key(values));
  }

  clear(): void {
    this.#children.clear();
  }

  render(lines: string[]): void {
    for (const { labels, series } of this.#children.values()) series.render(this.name, labels, lines);
  }

  #key(values: Readonly<Record<string, string>>): string {
    return this.labelNames.map((label) => values[label] ?? "").join("\u{0}");
  }
}
