import type { Counter, Gauge, Metrics } from "../../component/metrics.ts";

/** The metrics of `pyroscope.relabel`, all there from the start. A series, which may hold several profiles, counts as one. */
export interface RelabelMetrics {
  readonly processed: Counter;
  readonly written: Counter;
  readonly dropped: Counter;
  readonly cacheHits: Counter;
  readonly cacheMisses: Counter;
  readonly cacheSize: Gauge;
}

export function createRelabelMetrics(metrics: Metrics): RelabelMetrics {
  const counter = (name: string, help: string): Counter => metrics.counter({ name: `pyroscope_relabel_${name}`, help }).with({});
  return {
    processed: counter("profiles_processed", "Total number of profiles processed"),
    written: counter("profiles_written", "Total number of profiles forwarded"),
    dropped: counter("profiles_dropped", "Total number of profiles dropped by relabeling rules"),
    cacheHits: counter("cache_hits", "Total number of cache hits"),
    cacheMisses: counter("cache_misses", "Total number of cache misses"),
    cacheSize: metrics.gauge({ name: "pyroscope_relabel_cache_size", help: "Total size of relabel cache" }).with({}),
  };
}
