import type { Counter, Histogram, Metrics } from "../component/index.ts";

/** Counts the refreshes of one discoverer, as the reference names them. */
export interface RefreshMetrics {
  readonly failures: Counter;
  /** Seconds, of successful refreshes. */
  observe(seconds: number): void;
}

/** `mechanism` is the component's name without `discovery.`. */
export function createRefreshMetrics(metrics: Metrics, mechanism: string): RefreshMetrics {
  const labels = { mechanism, config: "" };
  const failures = metrics.counter({
    name: "prometheus_sd_refresh_failures_total",
    help: "Refreshes of the target groups that failed.",
    labels: ["mechanism", "config"],
  });
  const durations: readonly Histogram[] = [
    metrics
      .summary({
        name: "prometheus_sd_refresh_duration_seconds",
        help: "Seconds that refreshes of the target groups took.",
        labels: ["mechanism", "config"],
      })
      .with(labels),
    metrics
      .histogram({
        name: "prometheus_sd_refresh_duration_histogram_seconds",
        help: "Seconds that refreshes of the target groups took.",
        labels: ["mechanism"],
        buckets: [0.01, 0.1, 1, 10],
      })
      .with({ mechanism }),
  ];
  return {
    failures: failures.with(labels),
    observe(seconds) {
      for (const duration of durations) duration.observe(seconds);
    },
  };
}
