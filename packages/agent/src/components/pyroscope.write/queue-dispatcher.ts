import { setTimeout as sleep } from "node:timers/promises";
import type { JourneySubject } from "../../component/journey.ts";
import { unknownSubject } from "../../component/journey.ts";
import type { Logger } from "../../component/logger.ts";
import type { Lease } from "../../queue/queue.ts";
import { QueueError } from "../../queue/queue.ts";
import { DeliveryDates } from "./dated-delivery.ts";
import type { Delivery, DeliverySize } from "./delivery.ts";
import type { DeliveryRepair } from "./delivery-repair.ts";
import type { Endpoint } from "./endpoint.ts";
import type { EndpointExchange } from "./endpoint-exchange.ts";
import type { EndpointLedger } from "./endpoint-ledger.ts";
import type { EndpointQueue } from "./endpoint-queue.ts";
import type { Failure } from "./failure.ts";
import { maxRetryAfterMs, mayPassLater } from "./failure.ts";
import type { Refusals } from "./refusals.ts";
import { RepairedDelivery } from "./repaired-delivery.ts";
import { maxBytesUnderWay, maxDeliveriesUnderWay, Slots } from "./slots.ts";
import { shownUrl } from "./shown-url.ts";
import { restoreDelivery, topicOf } from "./stored-delivery.ts";
import { TenantPace } from "./tenant-pace.ts";
import type { EndpointMetrics } from "./write-metrics.ts";

/** How long to wait when the queue cannot be opened. */
const reopenPauseMs = 2000;

/** The answer to a tenant that sends too much. */
const tooManyRequests = 429;

/** How often a profile fails alone until it is told of. */
const toldAfterAttempts = 2;

/** How often the same service and type is told of then, */
const toldEveryMs = 60_000;

/** and how many of them are remembered for that. */
const maxTold = 1000;

/** How long nothing is read for a tenant when the disk did not let us. */
const rereadPauseMs = 1000;

export interface QueueDispatcherOptions {
  readonly endpoint: Endpoint;
  readonly queue: EndpointQueue;
  readonly exchange: EndpointExchange;
  readonly metrics: EndpointMetrics;
  readonly ledger: EndpointLedger;
  readonly refusals: Refusals;
  /** Absent: what is refused is set aside as it is. */
  readonly repair: DeliveryRepair | undefined;
  readonly log: Logger;
}

/**
 * Sends what is in a queue to its endpoint: each delivery until the endpoint has it, refuses it for good, or the queue gives it up. A tenant whose deliveries
 * fail is tried with one at a time, later and later, and holds up nobody else.
 */
export class QueueDispatcher {
  readonly #options: QueueDispatcherOptions;
  readonly #shownUrl: string;
  readonly #pace: TenantPace;
  readonly #dates = new DeliveryDates();
  /** When it was told of a service and type that profiles of theirs fail alone. */
  readonly #told = new Map<string, number>();
  readonly #slots = new Slots({ maxUsers: maxDeliveriesUnderWay, maxBytes: maxBytesUnderWay });

  constructor(options: QueueDispatcherOptions) {
    this.#options = options;
    this.#shownUrl = shownUrl(options.endpoint.url);
    this.#pace = new TenantPace(options.endpoint);
  }

  /** Works until `signal` aborts; resolves when the attempts under way have ended. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const lease = await this.#next(signal);
      if (lease === undefined) continue;
      const release = this.#slots.take(lease.bytes);
      void this.#deliver(lease)
        .catch((error: unknown) => this.#survive(lease, error))
        .finally(release);
      await this.#slots.free();
    }
    await this.#slots.idle();
  }

  /** Undefined when there is none because of `signal`, or because the queue is not there; then it has waited. */
  async #next(signal: AbortSignal): Promise<Lease | undefined> {
    try {
      const queue = await this.#options.queue.open();
      return await queue.take(signal);
    } catch (error) {
      if (!(error instanceof QueueError)) throw error;
      await pause(reopenPauseMs, signal);
      return undefined;
    }
  }

  async #deliver(lease: Lease): Promise<void> {
    const delivery = await this.#read(lease);
    if (delivery === undefined) return;
    const { exchange, metrics, ledger } = this.#options;
    if (lease.attempts > 0) metrics.countRetry();
    const startedAt = Date.now();
    const repaired = lease.memo instanceof RepairedDelivery ? lease.memo : undefined;
    const sent = repaired === undefined ? this.#dates.of(delivery, startedAt) : delivery;
    const failed = repaired === undefined ? await exchange.attempt(sent, {}) : await this.#sendRepaired(repaired, delivery);
    if (failed === undefined) {
      lease.done();
      if (repaired === undefined) ledger.deliver(delivery, delivery.subject);
      metrics.observe(`${delivery.kind}_endpoint`, Date.now() - delivery.receivedAt);
      this.#noteSuccess(delivery);
    } else if (mayPassLater(failed)) this.#retry(lease, delivery, failed, { startedAt, memo: repaired });
    else await this.#mendOrRefuse(lease, sent, failed);
  }

  /** A failure that may pass, undefined when all of it has ended one way or the other. */
  #sendRepaired(repaired: RepairedDelivery, delivery: Delivery): Promise<Failure | undefined> {
    const { exchange, ledger } = this.#options;
    return repaired.send((part) => exchange.attempt(part, {}), {
      waits: mayPassLater,
      delivered: (size) => ledger.deliver(size, delivery.subject),
      refused: (size, failed) => this.#refuse(size, delivery, failed),
    });
  }

  async #mendOrRefuse(lease: Lease, delivery: Delivery, refusal: Failure): Promise<void> {
    const startedAt = Date.now();
    const repaired = this.#options.repair?.of(delivery, refusal.error);
    if (repaired === undefined) this.#refuse(delivery, delivery, refusal);
    const failed = repaired && (await this.#sendRepaired(repaired, delivery));
    if (failed === undefined) {
      lease.done();
      // The server is there and answers: that is no trouble of the tenant.
      this.#noteSuccess(delivery);
    } else this.#retry(lease, delivery, failed, { startedAt, memo: repaired });
  }

  /** Undefined when it cannot be read; then it is done with, or comes back later. */
  async #read(lease: Lease): Promise<Delivery | undefined> {
    const { ledger, log, queue } = this.#options;
    try {
      const delivery = restoreDelivery(await lease.payload(), lease);
      if (delivery !== undefined) return delivery;
    } catch (error) {
      if (!(error instanceof QueueError)) throw error;
      log.error("a profile in the queue cannot be read", { folder: queue.folder, err: error });
      if (error.code === "corrupt") lease.done();
      else this.#readLater(lease);
      return undefined;
    }
    const text = "it was written by another version of this program";
    log.error("a profile in the queue cannot be read", { folder: queue.folder, err: text });
    lease.done();
    ledger.reject({ profiles: lease.units, bytes: lease.bytes }, unknownSubject, "unknown_format", text);
    return undefined;
  }

  /** A mistake of ours must not end the program: it would meet the same profile again at each start. */
  #survive(lease: Lease, error: unknown): void {
    const err = error instanceof Error ? error : new Error(String(error));
    this.#options.log.error("failed to send a profile in the queue", { endpoint: this.#shownUrl, err });
    lease.retry({ at: Date.now() + this.#pace.backoffMs(lease.attempts + 1), memo: lease.memo });
  }

  /** The disk is away, or too many files are open: that costs no profile. */
  #readLater(lease: Lease): void {
    const now = Date.now();
    const { memo, attempts } = lease;
    const at = now + Math.max(rereadPauseMs, this.#pace.backoffMs(attempts + 1));
    lease.retry({ at, pauseTenantUntil: now + rereadPauseMs, memo });
  }

  #noteSuccess({ tenant }: Delivery): void {
    const waited = this.#pace.isTroubled(tenant);
    this.#pace.succeeded(tenant);
    if (waited) this.#options.log.info("endpoint takes profiles again", { endpoint: this.#shownUrl, ...tenantField(tenant) });
  }

  #retry(
    lease: Lease,
    { kind, subject, tenant }: Delivery,
    { error, retryAfterMs = 0 }: Failure,
    { startedAt, memo }: { readonly startedAt: number; readonly memo: RepairedDelivery | undefined },
  ): void {
    const { ledger, log } = this.#options;
    const now = Date.now();
    // What ended on the second way is in the ledger already.
    const units = memo?.profiles ?? lease.units;
    log.debug(`failed to ${kind} to endpoint`, { endpoint: this.#shownUrl, retries: lease.attempts, err: error });
    const waited = this.#pace.isTroubled(tenant);
    const asked = now + Math.min(retryAfterMs, maxRetryAfterMs);
    // What is final and yet tried again is the word of something in front of the server.
    const ofAll = error.status === undefined || error.status === tooManyRequests || retryAfterMs > 0 || !error.retryable;
    const pause = this.#pace.failed(tenant, startedAt, now, ofAll ? "tenant" : lease.attempts > 0 ? "profile" : "either");
    const facts = { endpoint: this.#shownUrl, ...tenantField(tenant), err: error };
    if (pause !== undefined && !waited) log.warn("endpoint does not take profiles, they wait in the queue", facts);
    else if (pause === undefined && lease.attempts === toldAfterAttempts && this.#isNews(subject, now)) {
      log.warn("endpoint keeps failing at a profile while it takes others", { ...facts, ...subject });
    }
    ledger.retrying(subject, units, error.message);
    const at = Math.max(this.#pace.nextTry(tenant, lease.attempts, now), asked);
    lease.retry({ at, memo, units, ...(pause !== undefined && { pauseTenantUntil: Math.max(pause, asked) }) });
  }

  #isNews(subject: JourneySubject, now: number): boolean {
    const topic = topicOf(subject);
    if (now - (this.#told.get(topic) ?? -Infinity) < toldEveryMs) return false;
    if (this.#told.size >= maxTold) this.#told.clear();
    this.#told.set(topic, now);
    return true;
  }

  /** Set aside once: it is counted and told, and never tried again. */
  #refuse(size: DeliverySize, { subject, tenant }: Delivery, { error, reason }: Failure): void {
    const { ledger, log, refusals } = this.#options;
    const { profiles } = size;
    ledger.reject(size, subject, reason, error.message);
    refusals.add({ ...subject, profiles, code: error.code, message: error.message });
    log.warn("endpoint refused a profile for good", { endpoint: this.#shownUrl, ...subject, profiles, ...tenantField(tenant), err: error });
  }
}

function tenantField(tenant: string): { readonly tenant?: string } {
  return tenant === "" ? {} : { tenant };
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
}
