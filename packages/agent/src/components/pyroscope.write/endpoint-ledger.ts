import type { JourneyHop, JourneySubject } from "../../component/journey.ts";
import type { DeliverySize } from "./delivery.ts";
import type { EndpointMetrics, LedgerMetrics } from "./write-metrics.ts";

/** What one endpoint's accounts say, in profiles. */
export interface LedgerTotals {
  /** Taken in, those found in the queue at start among them. */
  readonly accepted: number;
  readonly delivered: number;
  /** On their way or on disk. */
  readonly queued: number;
  readonly expired: number;
  readonly evicted: number;
  readonly rejected: number;
}

export interface EndpointLedgerOptions {
  /** The counters of the reference. */
  readonly metrics: EndpointMetrics;
  readonly accounts: LedgerMetrics;
  readonly hop: JourneyHop;
}

type Account = "delivered" | "expired" | "evicted" | "rejected";

/**
 * The accounts of one endpoint: `accepted = delivered + queued + expired + evicted + rejected` at all times. Every profile that was accepted ends in exactly
 * one of the others. Also keeps the counters of the reference and tells the journey.
 */
export class EndpointLedger {
  readonly #totals = { accepted: 0, delivered: 0, expired: 0, evicted: 0, rejected: 0 };
  readonly #metrics: EndpointMetrics;
  readonly #accounts: LedgerMetrics;
  readonly #hop: JourneyHop;

  constructor({ metrics, accounts, hop }: EndpointLedgerOptions) {
    this.#metrics = metrics;
    this.#accounts = accounts;
    this.#hop = hop;
  }

  get totals(): LedgerTotals {
    const { accepted, delivered, expired, evicted, rejected } = this.#totals;
    return { ...this.#totals, queued: accepted - delivered - expired - evicted - rejected };
  }

  accept(profiles: number): void {
    this.#totals.accepted += profiles;
    this.#accounts.accepted.inc(profiles);
    this.#accounts.queued.inc(profiles);
  }

  /** They are on disk: nothing that changes the accounts, but worth telling. */
  keep(subject: JourneySubject, profiles: number, text?: string): void {
    this.#hop.note("queued", subject, profiles, text);
  }

  /** An attempt failed, and there will be another. */
  retrying(subject: JourneySubject, profiles: number, reason: string): void {
    this.#hop.note("retrying", subject, profiles, reason);
  }

  deliver(size: DeliverySize, subject: JourneySubject): void {
    this.#settle("delivered", size.profiles);
    this.#accounts.delivered.inc(size.profiles);
    this.#metrics.countSent(size);
    this.#hop.note("delivered", subject, size.profiles);
  }

  /** `reason` is a word for the label of the metric, `text` is for people. */
  reject(size: DeliverySize, subject: JourneySubject, reason: string, text: string): void {
    this.#settle("rejected", size.profiles);
    this.#accounts.rejected(reason).inc(size.profiles);
    this.#metrics.countDropped(size);
    this.#hop.note("rejected", subject, size.profiles, text);
  }

  /** The queue gave them up. */
  lose(account: "expired" | "evicted", size: DeliverySize, subject: JourneySubject, text: string): void {
    this.#settle(account, size.profiles);
    this.#accounts[account].inc(size.profiles);
    this.#metrics.countDropped(size);
    this.#hop.note(account, subject, size.profiles, text);
  }

  #settle(account: Account, profiles: number): void {
    this.#totals[account] += profiles;
    this.#accounts.queued.inc(-profiles);
  }
}
