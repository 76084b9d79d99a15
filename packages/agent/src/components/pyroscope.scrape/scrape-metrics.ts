import type { Counter, Gauge, Histogram, Metrics } from "../../component/index.ts";
import type { DeltaBudget } from "./delta-budget.ts";

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
  /** A profile type of a target was given up for want of memory. */
  shed(profileType: string): void;
  /** A scrape was left out, or its profile dropped, because of that. */
  readonly leftOut: Counter;
  readonly delay: Histogram;
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
  const shed = metrics.counter({
    name: "pyroscope_scrape_delta_shed_total",
    help: "Profile types of targets that were given up because delta_memory_limit was used up.",
    labels: ["profile_type"],
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
    shed: (profileType) => {
      shed.with({ profile_type: profileType }).inc();
    },
    leftOut: metrics
      .counter({ name: "pyroscope_scrape_left_out_total", help: "Scrapes left out because delta_memory_limit was used up." })
      .with({}),
    delay: metrics.histogram({ name: "pyroscope_scrape_delay_seconds", help: "How late the turn of an endpoint came." }).with({}),
    duration: metrics.histogram({ name: "pyroscope_scrape_duration_seconds", help: "Time until the answer was complete." }).with({}),
    jobs: metrics.gauge({ name: "pyroscope_scrape_jobs", help: "Endpoints that are scraped." }).with({}),
    skippedTargets: metrics.gauge({ name: "pyroscope_scrape_skipped_targets", help: "Targets that cannot be scraped." }).with({}),
  };
}

/** What the differences take, looked up when metrics are shown. */
export function showDeltaMemory(metrics: Metrics, budget: DeltaBudget): void {
  const gauge = (name: string, help: string) => metrics.gauge({ name, help }).with({});
  const used = gauge("pyroscope_scrape_delta_bytes", "Memory that is remembered to subtract it from the next profiles.");
  const limit = gauge("pyroscope_scrape_delta_limit_bytes", "delta_memory_limit.");
  const shed = gauge(
    "pyroscope_scrape_delta_shed_endpoints",
    "Endpoints that are left out at present because delta_memory_limit is used up.",
  );
  metrics.onCollect(() => {
    used.set(budget.usedBytes);
    limit.set(budget.limitBytes);
    shed.set(budget.shedStates);
  });
}
