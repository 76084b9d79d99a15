import type { Metrics } from "../component/metrics.ts";
import type { Counter, Gauge, Histogram } from "../component/metrics.ts";

/** The metrics of remote configurations, there even when none is used. */
export class RemoteConfigMetrics {
  readonly attempts: Counter;
  readonly failures: Counter;
  readonly requestSeconds: Histogram;
  readonly #successful: Gauge;
  readonly #successTime: Gauge;
  readonly #notModified: Gauge;
  readonly #hashes: ReturnType<typeof hashFamily>;
  #hash = "";

  constructor(metrics: Metrics) {
    this.attempts = metrics.counter({ name: "remotecfg_load_attempts_total", help: "Attempts to load remote configuration" }).with({});
    this.failures = metrics.counter({ name: "remotecfg_load_failures_total", help: "Remote configuration load failures" }).with({});
    const seconds = "Duration of remote configuration requests.";
    this.requestSeconds = metrics.histogram({ name: "remotecfg_request_duration_seconds", help: seconds }).with({});
    this.#successful = metrics.gauge({ name: "remotecfg_last_load_successful", help: "Remote config loaded successfully" }).with({});
    const time = "Timestamp of the last successful remote configuration load";
    this.#successTime = metrics.gauge({ name: "remotecfg_last_load_success_timestamp_seconds", help: time }).with({});
    const same = "Remote config not modified since last fetch";
    this.#notModified = metrics.gauge({ name: "remotecfg_last_load_not_modified", help: same }).with({});
    this.#hashes = hashFamily(metrics);
    this.attempts.inc(0);
    this.failures.inc(0);
    this.#successful.set(0);
    this.#successTime.set(0);
    this.#notModified.set(0);
    this.#hashes.with({ hash: "" }).set(1);
  }

  notModified(): void {
    this.#notModified.set(1);
  }

  loaded(hash: string): void {
    this.#notModified.set(0);
    this.#successful.set(1);
    this.#successTime.set(Date.now() / 1000);
    this.#hashes.remove({ hash: this.#hash });
    this.#hashes.with({ hash }).set(1);
    this.#hash = hash;
  }

  failed(): void {
    this.#notModified.set(0);
    this.#successful.set(0);
    this.failures.inc();
  }
}

function hashFamily(metrics: Metrics): ReturnType<typeof metrics.gauge<"hash">> {
  return metrics.gauge({ name: "remotecfg_hash", help: "Hash of the currently active remote configuration.", labels: ["hash"] });
}
