import { backoffRange } from "./backoff-delays.ts";
import type { Endpoint } from "./endpoint.ts";

/** How long a tenant is left alone at most after a failure, so that an outage is noticed to be over within a minute. */
const maxPauseMs = 30_000;

/**
 * … and after one that a server answered, as long as something of the tenant got through lately: the next profile may be another service's. Later it is this part
 * of the time in which nothing did.
 */
const answeredPause = { leastMs: 1000, share: 1 / 4 } as const;

/** How many tenants in trouble are remembered. Of one that is forgotten the waits begin anew, and its next failure is logged again. */
const maxTroubled = 10_000;

/** Whose failure it is: that of all of a tenant's profiles, of one that has failed before while others got through, or nobody knows. */
export type Blame = "tenant" | "profile" | "either";

interface Trouble {
  /** Failures in a row, those of attempts that were under way at the same time counted once. */
  failures: number;
  lastAt: number;
  /** When the first of them was. */
  readonly since: number;
  /** It is the tenant's, not one profile's. */
  pauses: boolean;
}

/**
 * When to try the next profile of a tenant whose profiles fail: later and later, until one of them gets through. A first failure may be the fault of its profile
 * alone and holds up no other; that of a second profile in a row does, with nothing that got through between.
 */
export class TenantPace {
  readonly #endpoint: Endpoint;
  readonly #trouble = new Map<string, Trouble>();

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** Whether the tenant's profiles wait. */
  isTroubled(tenant: string): boolean {
    return this.#trouble.get(tenant)?.pauses === true;
  }

  /**
   * Notes the failure of an attempt that began at `startedAt` and gives the time of the next one of the tenant; undefined when others need not wait.
   * Times are milliseconds since 1970.
   */
  failed(tenant: string, startedAt: number, now: number, blame: Blame): number | undefined {
    const trouble = this.#trouble.get(tenant) ?? { failures: 0, lastAt: -Infinity, since: now, pauses: false };
    if (blame === "profile" && !trouble.pauses) return undefined;
    if (startedAt >= trouble.lastAt) trouble.failures += 1;
    trouble.lastAt = now;
    trouble.pauses ||= blame === "tenant" || trouble.failures > 1;
    this.#trouble.delete(tenant);
    this.#trouble.set(tenant, trouble);
    this.#bound();
    if (!trouble.pauses) return undefined;
    const answered = Math.max(answeredPause.leastMs, (now - trouble.since) * answeredPause.share);
    return now + Math.min(this.backoffMs(trouble.failures), blame === "tenant" ? maxPauseMs : Math.min(answered, maxPauseMs));
  }

  /**
   * When to try something again that has failed, after so many earlier attempts. As long as nothing of the tenant got through meanwhile, that says
   * nothing about this one thing: it is tried as soon as the end of an outage is to be noticed.
   */
  nextTry(tenant: string, attempts: number, now: number): number {
    const wait = this.backoffMs(attempts + 1);
    const alone = (this.#trouble.get(tenant)?.failures ?? 0) <= attempts;
    return now + (alone ? wait : Math.min(wait, maxPauseMs));
  }

  succeeded(tenant: string): void {
    if (this.#trouble.size > 0) this.#trouble.delete(tenant);
  }

  /** The wait after the n-th failure in a row, with chance in it. After `max_backoff_retries` failures it begins anew: another round. */
  backoffMs(failures: number): number {
    const { minBackoffMs, maxBackoffMs, maxAttempts } = this.#endpoint;
    const inRound = maxAttempts === 0 ? failures : ((failures - 1) % maxAttempts) + 1;
    const { low, high } = backoffRange(minBackoffMs, maxBackoffMs, inRound);
    return low >= high ? low : low + Math.random() * (high - low);
  }

  #bound(): void {
    if (this.#trouble.size <= maxTroubled) return;
    const [oldest] = this.#trouble.keys();
    if (oldest !== undefined) this.#trouble.delete(oldest);
  }
}
