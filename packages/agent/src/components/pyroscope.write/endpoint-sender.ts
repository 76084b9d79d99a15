import { setTimeout as sleep } from "node:timers/promises";
import { prefixDeliveryError } from "../../component/delivery-errors.ts";
import type { Logger } from "../../component/logger.ts";
import type { DeliveryContext, DeliveryError } from "../../component/receiver.ts";
import { backoffDelays } from "./backoff-delays.ts";
import type { Delivery, DeliverySize } from "./delivery.ts";
import type { DeliveryRepair } from "./delivery-repair.ts";
import type { Endpoint } from "./endpoint.ts";
import type { EndpointExchange } from "./endpoint-exchange.ts";
import type { EndpointLedger } from "./endpoint-ledger.ts";
import type { Failure } from "./failure.ts";
import { maxRetryAfterMs } from "./failure.ts";
import type { RepairedDelivery } from "./repaired-delivery.ts";
import { shownUrl } from "./shown-url.ts";
import type { EndpointMetrics } from "./write-metrics.ts";

/** Timers of Node end here, after 25 days. */
const maxTimerMs = 2 ** 31 - 1;

export interface EndpointSenderOptions {
  readonly endpoint: Endpoint;
  readonly exchange: EndpointExchange;
  readonly metrics: EndpointMetrics;
  readonly ledger: EndpointLedger;
  /** Absent: what is refused is given up. */
  readonly repair: DeliveryRepair | undefined;
  readonly log: Logger;
}

/** How a delivery ended that the endpoint does not have. */
interface GivenUp {
  readonly error: DeliveryError;
  /** For the label of the metric. */
  readonly reason: string;
}

/**
 * Sends deliveries to one endpoint while their senders wait, each with its own attempts and waits; any number at a time. It enters in the ledger how each
 * that was accepted there has ended.
 */
export class EndpointSender {
  readonly #endpoint: Endpoint;
  readonly #shownUrl: string;
  readonly #exchange: EndpointExchange;
  readonly #metrics: EndpointMetrics;
  readonly #ledger: EndpointLedger;
  readonly #repair: DeliveryRepair | undefined;
  readonly #log: Logger;
  readonly #stopping = new AbortController();

  constructor({ endpoint, exchange, metrics, ledger, repair, log }: EndpointSenderOptions) {
    this.#endpoint = endpoint;
    this.#shownUrl = shownUrl(endpoint.url);
    this.#exchange = exchange;
    this.#metrics = metrics;
    this.#ledger = ledger;
    this.#repair = repair;
    this.#log = log;
  }

  /** Resolves when the endpoint has it. Rejects with a {@link DeliveryError} after a final refusal or when tries, time or sender are used up. */
  async send(delivery: Delivery, context: DeliveryContext): Promise<void> {
    const started = performance.now();
    const failed = await this.#exchange.attempt(delivery, context);
    const given = failed && (await this.#tryAgain(delivery, failed, context));
    const repaired = given && this.#repair?.of(delivery, given.error);
    const error = repaired === undefined ? this.#account(delivery, delivery, given) : await this.#sendRepaired(repaired, delivery, context);
    this.#metrics.observe(`${delivery.kind}_endpoint`, performance.now() - started);
    if (error !== undefined) throw error;
  }

  /** From now on nothing is tried again: attempts under way may end, waits end at once with the last error. */
  stop(): void {
    this.#stopping.abort();
  }

  #account(size: DeliverySize, { subject }: Delivery, given: GivenUp | undefined): DeliveryError | undefined {
    if (given === undefined) this.#ledger.deliver(size, subject);
    else this.#ledger.reject(size, subject, given.reason, given.error.message);
    return given?.error;
  }

  /** The last error when not everything got through. Each part has all the tries that a delivery has. */
  async #sendRepaired(repaired: RepairedDelivery, delivery: Delivery, context: DeliveryContext): Promise<DeliveryError | undefined> {
    let given: GivenUp | undefined;
    let error: DeliveryError | undefined;
    await repaired.send(
      async (part) => {
        const failed = await this.#exchange.attempt(part, context);
        given = failed && (await this.#tryAgain(part, failed, context));
        return given;
      },
      {
        // The tries are over; its sender may begin anew.
        waits: () => false,
        delivered: (size) => this.#ledger.deliver(size, delivery.subject),
        refused: (size) => {
          error = this.#account(size, delivery, given);
        },
      },
    );
    return error;
  }

  /** The attempts after the first one, which failed. Undefined when one of them succeeds. */
  async #tryAgain(delivery: Delivery, first: Failure, context: DeliveryContext): Promise<GivenUp | undefined> {
    const { minBackoffMs, maxBackoffMs, maxAttempts } = this.#endpoint;
    const delays = backoffDelays(minBackoffMs, maxBackoffMs);
    let failed: Failure | undefined = first;
    for (let retries = 0; failed !== undefined; retries += 1) {
      const { error, retryAfterMs = 0 }: Failure = failed;
      // An attempt that was given up may not be all sent.
      context.keepBodies?.();
      this.#log.debug(`failed to ${delivery.kind} to endpoint`, { endpoint: this.#shownUrl, retries, err: error });
      const wait = Math.max(delays.next().value, Math.min(retryAfterMs, maxRetryAfterMs));
      const reason = await this.#endOrWait(failed, retries + 1 === maxAttempts, wait, context);
      if (reason !== undefined) {
        const prefix = `failed to ${delivery.kind} to endpoint ${this.#shownUrl} (${retries} retries): `;
        return { error: prefixDeliveryError(prefix, error), reason };
      }
      this.#ledger.retrying(delivery.subject, delivery.profiles, error.message);
      this.#metrics.countRetry();
      failed = await this.#exchange.attempt(delivery, context);
    }
    return undefined;
  }

  /** Undefined after the wait for the next attempt, or why there is none. */
  async #endOrWait({ error, reason }: Failure, last: boolean, waitMs: number, context: DeliveryContext): Promise<string | undefined> {
    const { signal, deadline } = context;
    if (!error.retryable) return signal?.aborted === true ? "sender_gone" : reason;
    if (last) return "retries";
    if (deadline !== undefined && Date.now() + waitMs >= deadline) return "deadline";
    const stopping = this.#stopping.signal;
    try {
      const ended = signal === undefined ? stopping : AbortSignal.any([stopping, signal]);
      await sleep(Math.min(waitMs, maxTimerMs), undefined, { signal: ended });
      return undefined;
    } catch {
      return stopping.aborted ? "stopped" : "sender_gone";
    }
  }
}
