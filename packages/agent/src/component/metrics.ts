/** Metrics of one component: every series carries its `component_id` and `component_path`; they vanish when the component stops. */
export interface Metrics {
  counter<L extends string = never>(options: MetricOptions<L>): MetricFamily<Counter, L>;
  gauge<L extends string = never>(options: MetricOptions<L>): MetricFamily<Gauge, L>;
  histogram<L extends string = never>(options: MetricOptions<L> & { readonly buckets?: readonly number[] }): MetricFamily<Histogram, L>;
  /** Runs `collect` before metrics are shown: for values that are looked up rather than counted. Must not take long. */
  onCollect(collect: () => void): void;
  /** Quantiles 0.5, 0.9 and 0.99 of the last ten minutes: for what happens seldom. A histogram costs less and can be added up. */
  summary<L extends string = never>(options: MetricOptions<L>): MetricFamily<Summary, L>;
}

export interface MetricOptions<L extends string> {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly L[];
}

/** A metric with all its series. Asking again for the same name (after a reload) gives the same family. */
export interface MetricFamily<T, L extends string> {
  /** The series of these label values, made on first use. Keep it: the lookup costs more than the observation. */
  with(values: Readonly<Record<L, string>>): T;
  remove(values: Readonly<Record<L, string>>): void;
}

export interface Counter {
  inc(by?: number): void;
}

export interface Gauge {
  set(value: number): void;
  inc(by?: number): void;
}

export interface Histogram {
  observe(value: number): void;
}

export interface Summary {
  observe(value: number): void;
}

/** Prometheus' default buckets, in seconds. */
export const defaultBuckets: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
