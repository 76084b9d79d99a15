import type { MetricFamily, MetricOptions, Metrics } from "../component/metrics.ts";
import { defaultBuckets } from "../component/metrics.ts";
import { ScopedFamily } from "./family.ts";
import type { Series } from "./series.ts";
import { CounterSeries, GaugeSeries, HistogramSeries } from "./series.ts";
import { SummarySeries } from "./summary-series.ts";
import { formatHelp } from "./text-format.ts";

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

type Kind = "counter" | "gauge" | "histogram" | "summary";

/** What scopes share of a metric: one HELP and one TYPE over the series of all of them. */
interface SharedFamily {
  readonly help: string;
  readonly kind: Kind;
  readonly members: Set<ScopedFamily<Series>>;
}

/**
 * All metrics of the program. Series are made in scopes, whose labels they all carry; several scopes may have the same metric, which is
 * shown as one family. Rendering costs time in proportion to the series, observing costs nothing but the addition.
 */
export class MetricsRegistry {
  readonly #families = new Map<string, SharedFamily>();
  readonly #collectors = new Set<() => void>();

  scope(labels: Readonly<Record<string, string>> = {}): MetricsScope {
    return new MetricsScope(this, new Map(Object.entries(labels)));
  }

  /** The text of `/metrics`, families sorted by name, families without series left out. */
  render(): string {
    for (const collect of this.#collectors) collect();
    const lines: string[] = [];
    for (const [name, family] of [...this.#families].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const heads = lines.push(formatHelp(name, family.help), `# TYPE ${name} ${family.kind}`);
      for (const member of family.members) member.render(lines);
      if (lines.length === heads) lines.length -= 2;
    }
    return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
  }

  /** @internal */
  join(kind: Kind, help: string, member: ScopedFamily<Series>): void {
    const family = this.#families.get(member.name);
    if (family === undefined) {
      if (!metricName.test(member.name)) throw new Error(`${JSON.stringify(member.name)} is not a metric name`);
      this.#families.set(member.name, { help, kind, members: new Set([member]) });
      return;
    }
    if (family.kind !== kind) throw new Error(`metric ${member.name} is a ${family.kind} elsewhere and cannot be a ${kind}`);
    family.members.add(member);
  }

  /** @internal */
  leave(member: ScopedFamily<Series>): void {
    const family = this.#families.get(member.name);
    if (family?.members.delete(member) === true && family.members.size === 0) this.#families.delete(member.name);
  }

  /** @internal */
  get collectors(): Set<() => void> {
    return this.#collectors;
  }
}

/** Metrics whose series all carry the same labels and vanish together, e.g. those of one component. */
export class MetricsScope implements Metrics {
  readonly #registry: MetricsRegistry;
  readonly #labels: ReadonlyMap<string, string>;
  readonly #families = new Map<string, { readonly kind: Kind; readonly help: string; readonly family: ScopedFamily<Series> }>();
  readonly #collectors: (() => void)[] = [];
  readonly #children = new Set<MetricsScope>();
  readonly #left: () => void;
  /** Whether this scope itself is to be seen, and whether those around it are. */
  #wanted = true;
  #surroundingsShown = true;

  /** @internal Use {@link MetricsRegistry.scope} or {@link MetricsScope.scope}. */
  constructor(registry: MetricsRegistry, labels: ReadonlyMap<string, string>, left: (scope: MetricsScope) => void = () => {}) {
    this.#registry = registry;
    this.#labels = labels;
    this.#left = () => {
      left(this);
    };
  }

  /** A scope below this one: it has this one's labels too and ends with it. */
  scope(labels: Readonly<Record<string, string>>): MetricsScope {
    const all = new Map([...this.#labels, ...Object.entries(labels)]);
    const child: MetricsScope = new MetricsScope(this.#registry, all, (scope) => this.#children.delete(scope));
    this.#children.add(child);
    child.#surroundingsShown = this.#shown;
    return child;
  }

  counter<L extends string = never>(options: MetricOptions<L>): MetricFamily<CounterSeries, L> {
    return this.#family("counter", options, () => new CounterSeries());
  }

  gauge<L extends string = never>(options: MetricOptions<L>): MetricFamily<GaugeSeries, L> {
    return this.#family("gauge", options, () => new GaugeSeries());
  }

  histogram<L extends string = never>(
    options: MetricOptions<L> & { readonly buckets?: readonly number[] },
  ): MetricFamily<HistogramSeries, L> {
    const bounds = [...(options.buckets ?? defaultBuckets)].sort((a, b) => a - b);
    return this.#family("histogram", options, () => new HistogramSeries(bounds));
  }

  summary<L extends string = never>(options: MetricOptions<L>): MetricFamily<SummarySeries, L> {
    return this.#family("summary", options, () => new SummarySeries());
  }

  /** Runs `collect` before each rendering: for values that are looked up rather than counted. Must not take long. */
  onCollect(collect: () => void): void {
    this.#collectors.push(collect);
    if (this.#shown) this.#registry.collectors.add(collect);
  }

  /** Whether its series and those of the scopes below are rendered; they count all the same. What a scope around it hides stays hidden. */
  show(wanted: boolean): void {
    this.#changeShown(() => (this.#wanted = wanted));
  }

  get #shown(): boolean {
    return this.#wanted && this.#surroundingsShown;
  }

  #changeShown(change: () => void): void {
    const before = this.#shown;
    change();
    const shown = this.#shown;
    if (shown === before) return;
    for (const { kind, help, family } of this.#families.values()) {
      if (shown) this.#registry.join(kind, help, family);
      else this.#registry.leave(family);
    }
    for (const collect of this.#collectors) {
      if (shown) this.#registry.collectors.add(collect);
      else this.#registry.collectors.delete(collect);
    }
    for (const child of this.#children) child.#changeShown(() => (child.#surroundingsShown = shown));
  }

  /** Removes every series of this scope and of those below it. Handles stay usable; what they count is no longer shown. */
  close(): void {
    for (const child of this.#children) child.close();
    for (const { family } of this.#families.values()) this.#registry.leave(family);
    for (const collect of this.#collectors) this.#registry.collectors.delete(collect);
    this.#families.clear();
    this.#collectors.length = 0;
    this.#left();
  }

  #family<T extends Series, L extends string>(kind: Kind, options: MetricOptions<L>, make: () => T): MetricFamily<T, L> {
    const labels = options.labels ?? [];
    const known = this.#families.get(options.name);
    if (known !== undefined) {
      if (known.kind !== kind || known.family.labelNames.join() !== labels.join()) {
        throw new Error(`metric ${options.name} was declared with another type or other labels before`);
      }
      // The same kind was made by the same kind of `make`.
      return known.family as unknown as MetricFamily<T, L>;
    }
    const family = new ScopedFamily(options.name, labels, this.#labels, make);
    if (this.#shown) this.#registry.join(kind, options.help, family);
    this.#families.set(options.name, { kind, help: options.help, family });
    return family;
  }
}
