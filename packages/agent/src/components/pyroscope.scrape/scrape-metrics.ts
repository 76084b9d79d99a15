import type { Counter, Gauge, Histogram, Metrics } from "../../component/index.ts";

/** Why a scrape brought no profile. */
export type FailureReason =
  /** No answer: connection, name, certificate, or the connection broke. */
  | "network"
  | "timeout"
  /** The endpoint does not exist (404). */
  | "absent"
  /** Any other status than 2xx. */
  | "status"
  /** The answer is larger than the limit. */
  | "too_large"
  /** The answer is not a pprof. */
  | "invalid";

/** Why a profile that was fetched never reached a receiver. */
export type LossReason =
  /** The receivers refused it or gave up. */
  | "refused"
  /** The difference to the profile before could not be computed. */
  | "invalid"
  /** More profiles waited than a job or the component may hold. */
  | "waiting_full"
  /** The component stopped. */
  | "stopped";

/** Own metrics of `pyroscope.scrape`; those of the reference are the fan-out's. */
export interface ScrapeMetrics {
  readonly succeeded: Counter;
  failed(reason: FailureReason): void;
  lost(reason: LossReason): void;
  readonly missed: Counter;
  readonly duration: Histogram;
  readonly jobs: Gauge;
  readonly skippedTargets: Gauge;
}

export function createScrapeMetrics(metrics: Metrics): ScrapeMetrics {
  const failures = metrics.counter({
    name: "pyroscope_scrape_failures_total",
    help: "Scrapes that brought no profile.",
    labels: ["reason"],
  });
  const lost = metrics.counter({
    name: "pyroscope_scrape_profiles_lost_total",
    help: "Fetched profiles that no receiver took.",
    labels: ["reason"],
  });
  return {
    succeeded: metrics.counter({ name: "pyroscope_scrape_success_total", help: "Scrapes that brought a profile." }).with({}),
    failed: (reason) => {
      failures.with({ reason }).inc();
    },
    lost: (reason) => {
      lost.with({ reason }).inc();
    },
    missed: metrics
      .counter({ name: "pyroscope_scrape_missed_total", help: "Scrapes left out because the one before was still under way." })
      .with({}),
    duration: metrics.histogram({ name: "pyroscope_scrape_duration_seconds", help: "Time until the answer was complete." }).with({}),
    jobs: metrics.gauge({ name: "pyroscope_scrape_jobs", help: "Endpoints that are scraped." }).with({}),
    skippedTargets: metrics.gauge({ name: "pyroscope_scrape_skipped_targets", help: "Targets that cannot be scraped." }).with({}),
  };
}
