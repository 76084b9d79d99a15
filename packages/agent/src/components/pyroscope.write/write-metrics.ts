import type { Counter, Gauge, Histogram, MetricFamily, Metrics } from "../../component/metrics.ts";
import { defaultBuckets } from "../../component/metrics.ts";
import type { DeliverySize } from "./delivery.ts";

/** Which wait is measured: of a call, of one endpoint with all its attempts, of one attempt. */
export type LatencyType = `${"push" | "ingest"}_${"total" | "endpoint" | "downstream"}`;

/** The metrics of `pyroscope.write`. A series appears when there is something to show. */
export class WriteMetrics {
  readonly #latency: MetricFamily<Histogram, "endpoint" | "type">;
  readonly #counters: Readonly<Record<CounterName, MetricFamily<Counter, "endpoint">>>;
  readonly #accounts: Accounts;

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
    this.#accounts = declareAccounts(metrics);
  }

  /** `endpoint` is its URL as it is shown, `-` for whole calls. */
  of(endpoint: string): EndpointMetrics {
    return new EndpointMetrics(endpoint, this.#latency, this.#counters);
  }

  /** The series of an endpoint's accounts. */
  accountsOf(endpoint: string): LedgerMetrics {
    const { accepted, queued, delivered, expired, evicted, rejected } = this.#accounts;
    return {
      accepted: accepted.with({ endpoint }),
      queued: queued.with({ endpoint }),
      delivered: delivered.with({ endpoint }),
      expired: expired.with({ endpoint }),
      evicted: evicted.with({ endpoint }),
      rejected: (reason) => rejected.with({ endpoint, reason }),
    };
  }
}

/** The accounts of one endpoint, in profiles: `accepted = delivered + queued + expired + evicted + rejected` over all reasons. */
export interface LedgerMetrics {
  readonly accepted: Counter;
  readonly queued: Gauge;
  readonly delivered: Counter;
  readonly expired: Counter;
  readonly evicted: Counter;
  rejected(reason: string): Counter;
}

interface Accounts {
  readonly accepted: MetricFamily<Counter, "endpoint">;
  readonly queued: MetricFamily<Gauge, "endpoint">;
  readonly delivered: MetricFamily<Counter, "endpoint">;
  readonly expired: MetricFamily<Counter, "endpoint">;
  readonly evicted: MetricFamily<Counter, "endpoint">;
  readonly rejected: MetricFamily<Counter, "endpoint" | "reason">;
}

function declareAccounts(metrics: Metrics): Accounts {
  const counter = (account: string, help: string): MetricFamily<Counter, "endpoint"> =>
    metrics.counter({ name: `flameline_write_${account}_profiles_total`, help, labels: ["endpoint"] });
  return {
    accepted: counter("accepted", "Profiles taken in for an endpoint, those found in its queue at start among them."),
    queued: metrics.gauge({
      name: "flameline_write_queued_profiles",
      help: "Profiles taken in for an endpoint that are on disk or under way.",
      labels: ["endpoint"],
    }),
    delivered: counter("delivered", "Profiles that the endpoint has accepted."),
    expired: counter("expired", "Profiles that were in the queue for longer than its max_age."),
    evicted: counter("evicted", "Profiles that made room for newer ones because the queue had reached its max_bytes."),
    rejected: metrics.counter({
      name: "flameline_write_rejected_profiles_total",
      help: "Profiles that were given up, or that the endpoint has refused for good.",
      labels: ["endpoint", "reason"],
    }),
  };
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
