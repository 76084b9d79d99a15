import type { Counter, Histogram, MetricFamily, Metrics } from "../../component/metrics.ts";
import { defaultBuckets } from "../../component/metrics.ts";
import type { DeliverySize } from "./delivery.ts";

/** Which wait is measured: of a call, of one endpoint with all its attempts, of one attempt. */
export type LatencyType = `${"push" | "ingest"}_${"total" | "endpoint" | "downstream"}`;

/** The metrics of `pyroscope.write`. A series appears when there is something to show. */
export class WriteMetrics {
  readonly #latency: MetricFamily<Histogram, "endpoint" | "type">;
  readonly #counters: Readonly<Record<CounterName, MetricFamily<Counter, "endpoint">>>;

  constructor(metrics: Metrics) {
    this.#latency = metrics.histogram({
      name: "pyroscope_write_latency",
      help: "Write latency for sending to pyroscope profiles",
      labels: ["endpoint", "type"],
      buckets: defaultBuckets,
    });
    const counter = (name: string, help: string): MetricFamily<Counter, "endpoint"> =>
      metrics.counter({ name: `pyroscope_write_${name}`, help, labels: ["endpoint"] });
    this.#counters = {
      sentBytes: counter("sent_bytes_total", "Total number of compressed bytes sent to Pyroscope."),
      droppedBytes: counter("dropped_bytes_total", "Total number of compressed bytes dropped by Pyroscope."),
      sentProfiles: counter("sent_profiles_total", "Total number of profiles sent to Pyroscope."),
      droppedProfiles: counter("dropped_profiles_total", "Total number of profiles dropped by Pyroscope."),
      retries: counter("retries_total", "Total number of retries to Pyroscope."),
    };
  }

  /** `endpoint` is its URL as it is shown, `-` for whole calls. */
  of(endpoint: string): EndpointMetrics {
    return new EndpointMetrics(endpoint, this.#latency, this.#counters);
  }
}

type CounterName = "sentBytes" | "droppedBytes" | "sentProfiles" | "droppedProfiles" | "retries";

/** The series of one endpoint, looked up once each. */
export class EndpointMetrics {
  readonly #endpoint: string;
  readonly #latencyFamily: MetricFamily<Histogram, "endpoint" | "type">;
  readonly #families: Readonly<Record<CounterName, MetricFamily<Counter, "endpoint">>>;
  readonly #latencies = new Map<LatencyType, Histogram>();
  readonly #counters = new Map<CounterName, Counter>();

  constructor(
    endpoint: string,
    latency: MetricFamily<Histogram, "endpoint" | "type">,
    counters: Readonly<Record<CounterName, MetricFamily<Counter, "endpoint">>>,
  ) {
    this.#endpoint = endpoint;
    this.#latencyFamily = latency;
    this.#families = counters;
  }

  observe(type: LatencyType, milliseconds: number): void {
    let histogram = this.#latencies.get(type);
    if (histogram === undefined) {
      histogram = this.#latencyFamily.with({ endpoint: this.#endpoint, type });
      this.#latencies.set(type, histogram);
    }
    histogram.observe(milliseconds / 1000);
  }

  countSent(size: DeliverySize): void {
    this.#counter("sentBytes").inc(size.bytes);
    this.#counter("sentProfiles").inc(size.profiles);
  }

  countDropped(size: DeliverySize): void {
    this.#counter("droppedBytes").inc(size.bytes);
    this.#counter("droppedProfiles").inc(size.profiles);
  }

  countRetry(): void {
    this.#counter("retries").inc();
  }

  #counter(name: CounterName): Counter {
    const known = this.#counters.get(name);
    if (known !== undefined) return known;
    const made = this.#families[name].with({ endpoint: this.#endpoint });
    this.#counters.set(name, made);
    return made;
  }
}
