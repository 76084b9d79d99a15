import type { Labels } from "@flameline/profile";
import type { Logger } from "../../component/index.ts";
import { CoalescedCall } from "./coalesced-call.ts";
import type { ScrapeEnvironment, ScrapeJob } from "./scrape-job.ts";
import { ScrapePool } from "./scrape-pool.ts";
import type { ScrapeSettings } from "./scrape-settings.ts";
import { inSlices } from "./in-slices.ts";
import { PlanMemory, planScrapes, type SkippedTarget } from "./targets-to-jobs.ts";
import { WaitingBudget } from "./waiting-budget.ts";

/** What a scraper is told, and told anew when the configuration, the discovery or the cluster changes. */
export interface ScrapeRequest {
  readonly targets: readonly Labels[];
  readonly settings: ScrapeSettings;
  /** Whether this instance is in charge of a target. */
  readonly owns: (target: Labels) => boolean;
}

/** What a scraper is given once. */
export type ScraperEnvironment = Omit<ScrapeEnvironment, "intervalMs" | "budget" | "stopped">;

/** Changes of targets that come faster than this are taken together, milliseconds. */
const syncGapMs = 1000;
/** So many targets that cannot be scraped are named in the log at each change. */
const maxNamedTargets = 20;

/** Keeps the jobs of a component in step with its targets. */
export class Scraper {
  #request: ScrapeRequest;
  #skipped: readonly SkippedTarget[] = [];
  readonly #memory = new PlanMemory();
  readonly #pool: ScrapePool;
  readonly #environment: ScrapeEnvironment;
  readonly #sync = new CoalescedCall(() => {
    void this.#plan();
  }, syncGapMs);
  readonly #stopped = new AbortController();
  #running = false;
  #planning = false;
  /** The request has changed while its jobs were being planned. */
  #outdated = false;

  constructor(environment: ScraperEnvironment, request: ScrapeRequest) {
    this.#request = request;
    this.#environment = {
      ...environment,
      intervalMs: () => this.#request.settings.intervalMs,
      budget: new WaitingBudget(environment.limits.maxWaitingBytes),
      stopped: this.#stopped.signal,
    };
    this.#pool = new ScrapePool(this.#environment);
  }

  get jobs(): readonly ScrapeJob[] {
    return this.#pool.jobs;
  }

  get skipped(): readonly SkippedTarget[] {
    return this.#skipped;
  }

  /** Running jobs that are still wanted go on. */
  update(request: ScrapeRequest): void {
    const rescheduled = request.settings.intervalMs !== this.#request.settings.intervalMs;
    this.#request = request;
    if (rescheduled) this.#pool.reschedule();
    this.resync();
  }

  /** The cluster has changed: what this instance is in charge of is found out again. */
  resync(): void {
    if (this.#running) this.#sync.request();
  }

  /** Scrapes until `signal` aborts; resolves when what was fetched is handed over, or after the grace time. */
  async run(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#running = true;
    void this.#plan();
    await new Promise((resolve) => {
      signal.addEventListener("abort", resolve, { once: true });
    });
    this.#running = false;
    this.#sync.cancel();
    await this.#pool.stop(this.#environment.limits.stopGraceMs);
    this.#stopped.abort();
  }

  async #plan(): Promise<void> {
    this.#outdated = true;
    if (this.#planning) return;
    this.#planning = true;
    try {
      while (this.#outdated && this.#running) {
        this.#outdated = false;
        await this.#planOnce();
      }
    } finally {
      this.#planning = false;
    }
  }

  /** Gives up when the scraper stops. */
  async #planOnce(): Promise<void> {
    const { targets, settings, owns } = this.#request;
    const isWanted = (): boolean => this.#running;
    const planned = await inSlices(planScrapes(owned(targets, owns), settings, this.#memory), isWanted);
    if (planned === undefined) return;
    this.#report(planned.skipped);
    await inSlices(this.#pool.sync(planned.plans), isWanted);
  }

  #report(skipped: readonly SkippedTarget[]): void {
    const { log, metrics } = this.#environment;
    const known = new Set(this.#skipped.map(nameOf));
    const fresh = skipped.filter((one) => !known.has(nameOf(one)));
    this.#skipped = skipped;
    metrics.skippedTargets.set(skipped.length);
    for (const one of fresh.slice(0, maxNamedTargets)) logSkipped(log, one);
    if (fresh.length > maxNamedTargets) log.error("creating further targets failed", { count: fresh.length - maxNamedTargets });
  }
}

function* owned(targets: readonly Labels[], owns: (target: Labels) => boolean): Generator<Labels> {
  for (const target of targets) if (owns(target)) yield target;
}

function nameOf({ target, reason }: SkippedTarget): string {
  return `${target.key}\n${reason}`;
}

function logSkipped(log: Logger, { target, reason, repeated }: SkippedTarget): void {
  const fields = { target: target.toString(), err: reason };
  if (repeated) log.warn("target is left out", fields);
  else log.error("creating targets failed", fields);
}
