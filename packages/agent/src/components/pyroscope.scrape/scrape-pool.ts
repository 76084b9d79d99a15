import { ScrapeJob, type ScrapeEnvironment } from "./scrape-job.ts";
import type { ScrapePlan } from "./targets-to-jobs.ts";

/** The running jobs of a component. */
export class ScrapePool {
  readonly #environment: ScrapeEnvironment;
  readonly #jobs = new Map<string, ScrapeJob>();
  /** Jobs of targets that are gone, whose last scrape is still under way. */
  readonly #leaving = new Set<ScrapeJob>();

  constructor(environment: ScrapeEnvironment) {
    this.#environment = environment;
  }

  get jobs(): readonly ScrapeJob[] {
    return [...this.#jobs.values()];
  }

  /**
   * Starts what is new, lets what is gone finish, leaves the rest running with its new labels. Every step is one job: whoever takes the steps may do
   * other things between them, or take no further ones.
   */
  *sync(plans: readonly ScrapePlan[]): Generator<void, void> {
    const wanted = new Set(plans.map(({ key }) => key));
    for (const [key, job] of this.#jobs) {
      if (wanted.has(key)) continue;
      this.#jobs.delete(key);
      void this.#retire(job);
      yield;
    }
    for (const plan of plans) {
      const running = this.#jobs.get(plan.key);
      if (running === undefined) this.#start(plan);
      else if (running.plan !== plan) running.replan(plan);
      yield;
    }
    this.#environment.metrics.jobs.set(this.#jobs.size);
  }

  /** Every job waits anew for its turn: for a changed interval. */
  reschedule(): void {
    for (const job of this.#jobs.values()) job.schedule();
  }

  /** Breaks off all requests; resolves when what is being handed over has arrived, or after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    const all = [...this.#jobs.values(), ...this.#leaving];
    this.#jobs.clear();
    for (const job of all) job.abort();
    const { promise: graceOver, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, graceMs);
    await Promise.race([Promise.all(all.map((job) => job.drain())), graceOver]);
    clearTimeout(timer);
  }

  #start(plan: ScrapePlan): void {
    const job = new ScrapeJob(plan, this.#environment);
    this.#jobs.set(plan.key, job);
    job.schedule();
  }

  async #retire(job: ScrapeJob): Promise<void> {
    this.#leaving.add(job);
    await job.drain();
    this.#leaving.delete(job);
  }
}
