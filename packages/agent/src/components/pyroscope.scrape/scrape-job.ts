import { type JourneyHop, LogDuration, type Logger, type ProfileReceiver } from "../../component/index.ts";
import { longestTimerMs } from "../../http/time-limit.ts";
import type { FetchFailure, FetchProfile } from "./fetch-profile.ts";
import { HandOver, type FetchedProfile } from "./hand-over.ts";
import { Forwarder, plainStage, type ProfileStage } from "./forward-profile.ts";
import type { ScrapeLimits } from "./scrape-limits.ts";
import type { ScrapeMetrics } from "./scrape-metrics.ts";
import { scrapePhase, untilFollowingScrape, untilNextScrape } from "./scrape-phase.ts";
import type { ScrapePlan } from "./targets-to-jobs.ts";
import type { WaitingBudget } from "./waiting-budget.ts";

/** What the jobs of a component share. */
export interface ScrapeEnvironment {
  readonly fetch: FetchProfile;
  readonly receiver: ProfileReceiver;
  /** What is done with profiles that show totals before they are forwarded; each job has its own. */
  readonly createDeltaStage: (profileType: string) => ProfileStage;
  /** The program's version, for the labels. */
  readonly version: string;
  /** The present interval, milliseconds. */
  readonly intervalMs: () => number;
  readonly log: Logger;
  readonly metrics: ScrapeMetrics;
  readonly hop: JourneyHop;
  readonly limits: ScrapeLimits;
  readonly budget: WaitingBudget;
  /** Aborts when nothing is handed over any more. */
  readonly stopped: AbortSignal;
}

/** How a job is doing. */
export interface JobState {
  /** `unknown` until the first profile has been handed over, or something has failed. */
  readonly health: "unknown" | "up" | "down";
  /** Of the last request, or of the last handing over. */
  readonly lastError: string | undefined;
  /** Begin of the last scrape. */
  readonly lastScrape: Date | undefined;
  /** When a profile got through last. */
  readonly lastSuccess: Date | undefined;
  /** Until the answer of the last scrape was complete, milliseconds. */
  readonly lastDurationMs: number | undefined;
  /** Of the last answer that was a profile, as it came. */
  readonly lastBytes: number | undefined;
  /** What is remembered to subtract it from the next profile. */
  readonly deltaBytes: number;
}

/** The way of a job's profiles to the receivers. */
interface Delivery {
  readonly stage: ProfileStage;
  readonly handOver: HandOver;
}

/** Timers may fire this much too early, milliseconds. */
const timerTolerance = 20;
/** So many 404 in a row mean that the endpoint does not exist. */
const absentAfter = 2;

/**
 * Scrapes one endpoint at a fixed phase of the interval. At most one request is under way: a turn that comes meanwhile is made up for as soon as the
 * request has ended, further ones are missed. Handing profiles over does not hold up scraping.
 */
export class ScrapeJob {
  #plan: ScrapePlan;
  readonly #environment: ScrapeEnvironment;
  /** Made for the first turn, like the next: targets may come and go by the ten thousand before it. */
  #delivery: Delivery | undefined;
  #abort: AbortController | undefined;
  #fetchError: string | undefined;
  #pushError: string | undefined;
  #lastScrape: Date | undefined;
  #lastSuccess: Date | undefined;
  #lastDurationMs: number | undefined;
  #lastBytes: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** On the clock of `performance.now()`, which never jumps. */
  #dueAt = 0;
  #fetching: Promise<void> | undefined;
  #turnWaits = false;
  #stopped = false;
  #absences = 0;
  #restUntil = 0;

  constructor(plan: ScrapePlan, environment: ScrapeEnvironment) {
    this.#plan = plan;
    this.#environment = environment;
  }

  get plan(): ScrapePlan {
    return this.#plan;
  }

  get state(): JobState {
    const lastError = this.#fetchError ?? this.#pushError;
    return {
      health: lastError === undefined ? (this.#lastSuccess === undefined ? "unknown" : "up") : "down",
      lastError,
      lastScrape: this.#lastScrape,
      lastSuccess: this.#lastSuccess,
      lastDurationMs: this.#lastDurationMs,
      lastBytes: this.#lastBytes,
      deltaBytes: this.#delivery?.stage.heldBytes ?? 0,
    };
  }

  /** Waits for the job's turn, first within one interval. Call again after the interval has changed. */
  schedule(): void {
    const intervalMs = this.#environment.intervalMs();
    this.#dueIn(untilNextScrape(Date.now(), intervalMs, scrapePhase(this.#plan.key, intervalMs)));
  }

  /** Takes over internal labels and limits of a plan with the same key. */
  replan(plan: ScrapePlan): void {
    this.#plan = plan;
  }

  /** No further scrape. Resolves when the one under way has ended and what was fetched is handed over. */
  async drain(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#fetching;
    await this.#delivery?.handOver.idle();
    this.#delivery?.stage.release();
  }

  /** Breaks off the request under way and drops what waits to be handed over. */
  abort(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#delivery?.handOver.clear();
  }

  #createDelivery(): Delivery {
    const { createDeltaStage, receiver, metrics, version, budget, limits, stopped } = this.#environment;
    const { cumulative, labels } = this.#plan;
    const stage = cumulative ? createDeltaStage(labels.get("__name__")) : plainStage;
    const forwarder = new Forwarder({ receiver, metrics, version, stage, plan: () => this.#plan, signal: stopped });
    const handOver = new HandOver({
      deliver: (profile) => forwarder.forward(profile),
      settled: (error) => {
        this.#delivered(error);
      },
      lost: (reason) => {
        metrics.lost(reason);
      },
      budget,
      maxWaiting: limits.maxWaitingProfiles,
      newestOnly: cumulative,
    });
    return { stage, handOver };
  }

  #dueIn(waitMs: number): void {
    clearTimeout(this.#timer);
    this.#dueAt = performance.now() + waitMs;
    this.#timer = setTimeout(() => this.#turn(), Math.min(waitMs, longestTimerMs));
  }

  #turn(): void {
    const early = this.#dueAt - performance.now();
    if (early > timerTolerance) {
      this.#dueIn(early);
      return;
    }
    this.#environment.metrics.delay.observe(Math.max(0, -early) / 1000);
    const intervalMs = this.#environment.intervalMs();
    this.#dueIn(untilFollowingScrape(Date.now(), intervalMs, scrapePhase(this.#plan.key, intervalMs)));
    if (performance.now() < this.#restUntil) return;
    this.#delivery ??= this.#createDelivery();
    if (!this.#delivery.stage.ready()) {
      this.#leftOut();
      return;
    }
    if (this.#fetching === undefined) this.#fetching = this.#scrape();
    else if (this.#turnWaits) this.#environment.metrics.missed.inc();
    else this.#turnWaits = true;
  }

  async #scrape(): Promise<void> {
    do {
      this.#turnWaits = false;
      this.#lastScrape = new Date();
      const started = performance.now();
      this.#abort ??= new AbortController();
      const fetched = await this.#environment.fetch(this.#plan, this.#abort.signal);
      this.#lastDurationMs = performance.now() - started;
      this.#environment.metrics.duration.observe(this.#lastDurationMs / 1000);
      if ("failure" in fetched) this.#fetchFailed(fetched.failure);
      else this.#fetched({ data: fetched.data, receivedAt: Date.now() });
    } while (this.#turnWaits && !this.#stopped);
    this.#fetching = undefined;
  }

  #leftOut(): void {
    this.#fetchError = "left out, because delta_memory_limit is used up";
    this.#environment.hop.note("failed", this.#plan.labels, 1, this.#fetchError);
  }

  #fetched(profile: FetchedProfile): void {
    this.#absences = 0;
    this.#fetchError = undefined;
    this.#lastBytes = profile.data.length;
    this.#environment.metrics.succeeded.inc();
    this.#environment.hop.note("received", this.#plan.labels, 1);
    this.#delivery?.handOver.add(profile);
  }

  #fetchFailed({ reason, message }: FetchFailure): void {
    if (this.#abort?.signal.aborted === true) return;
    const { metrics, hop, log, limits } = this.#environment;
    metrics.failed(reason);
    hop.note("failed", this.#plan.labels, 1, message);
    this.#fetchError = message;
    const absences = reason === "absent" ? this.#absences + 1 : 0;
    // An endpoint that does not exist is said once, not at every turn.
    if (absences <= 1) log.error("fetch profile failed", { target: this.#plan.labels.toString(), err: message });
    this.#absences = absences;
    if (absences < absentAfter) return;
    if (absences === absentAfter) {
      log.debug("endpoint does not exist, asking less often", { url: this.#plan.url, interval: new LogDuration(limits.absentIntervalMs) });
    }
    this.#restUntil = performance.now() + limits.absentIntervalMs - timerTolerance;
  }

  #delivered(error: Error | undefined): void {
    this.#pushError = error?.message;
    if (error === undefined) this.#lastSuccess = new Date();
    else this.#environment.log.error("push failed", { target: this.#plan.labels.toString(), err: error });
  }
}
