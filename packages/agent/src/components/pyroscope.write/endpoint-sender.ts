import { setTimeout as sleep } from "node:timers/promises";
import { prefixDeliveryError } from "../../component/delivery-errors.ts";
import type { Logger } from "../../component/logger.ts";
import type { DeliveryContext, DeliveryError } from "../../component/receiver.ts";
import { HttpClientError } from "../../http/client/http-client-error.ts";
import type { HttpClient } from "../../http/client/http-message.ts";
import { backoffDelays } from "./backoff-delays.ts";
import type { Delivery, DeliverySize, IngestDelivery, PushDelivery } from "./delivery.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Failure } from "./failure.ts";
import { failure } from "./failure.ts";
import { IngestProtocol } from "./ingest-protocol.ts";
import type { Protocol } from "./protocol.ts";
import { PushProtocol } from "./push-protocol.ts";
import { shownUrl } from "./shown-url.ts";
import type { EndpointMetrics } from "./write-metrics.ts";

/** A server's `Retry-After` is honoured up to this. */
const maxRetryAfterMs = 5 * 60_000;

/** Timers of Node end here, after 25 days. */
const maxTimerMs = 2 ** 31 - 1;

export interface EndpointSenderOptions {
  readonly endpoint: Endpoint;
  readonly client: HttpClient;
  readonly metrics: EndpointMetrics;
  readonly log: Logger;
}

/**
 * Sends deliveries to one endpoint, each with its own attempts and waits; any number at a time. Every delivery ends in exactly one of the counters
 * sent and dropped.
 */
export class EndpointSender {
  readonly #endpoint: Endpoint;
  readonly #shownUrl: string;
  readonly #client: HttpClient;
  readonly #metrics: EndpointMetrics;
  readonly #log: Logger;
  readonly #push: Protocol<PushDelivery>;
  readonly #ingest: Protocol<IngestDelivery>;
  readonly #stopping = new AbortController();

  constructor({ endpoint, client, metrics, log }: EndpointSenderOptions) {
    this.#endpoint = endpoint;
    this.#shownUrl = shownUrl(endpoint.url);
    this.#client = client;
    this.#metrics = metrics;
    this.#log = log;
    this.#push = new PushProtocol(endpoint);
    this.#ingest = new IngestProtocol(endpoint);
  }

  /** Resolves when the endpoint has it. Rejects with a {@link DeliveryError} after a final refusal or when tries, time or sender are used up. */
  async send(delivery: Delivery, context: DeliveryContext): Promise<void> {
    if (delivery.kind === "push") await this.#deliver(this.#push, delivery, context);
    else await this.#deliver(this.#ingest, delivery, context);
  }

  /** From now on nothing is tried again: attempts under way may end, waits end at once with the last error. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Counts what could not even be tried. */
  reject(size: DeliverySize): void {
    this.#metrics.countDropped(size);
  }

  async #deliver<D extends Delivery>(protocol: Protocol<D>, delivery: D, context: DeliveryContext): Promise<void> {
    const started = performance.now();
    const last = await this.#tryUntilDone(protocol, delivery, context);
    this.#metrics.observe(`${protocol.verb}_endpoint`, performance.now() - started);
    if (last === undefined) {
      this.#metrics.countSent(delivery);
      return;
    }
    this.#metrics.countDropped(delivery);
    throw last;
  }

  async #tryUntilDone<D>(protocol: Protocol<D>, delivery: D, context: DeliveryContext): Promise<DeliveryError | undefined> {
    const { minBackoffMs, maxBackoffMs, maxAttempts } = this.#endpoint;
    let delays: Generator<number, never> | undefined;
    for (let retries = 0; ; retries += 1) {
      const failed = await this.#attempt(protocol, delivery, context);
      if (failed === undefined) return undefined;
      const { error, retryAfterMs = 0 } = failed;
      this.#log.debug(`failed to ${protocol.verb} to endpoint`, { endpoint: this.#shownUrl, retries, err: error });
      delays ??= backoffDelays(minBackoffMs, maxBackoffMs);
      const wait = Math.max(delays.next().value, Math.min(retryAfterMs, maxRetryAfterMs));
      const more = error.retryable && retries + 1 !== maxAttempts && (await this.#wait(wait, context));
      if (!more) return prefixDeliveryError(`failed to ${protocol.verb} to endpoint ${this.#shownUrl} (${retries} retries): `, error);
      this.#metrics.countRetry();
    }
  }

  async #attempt<D>(protocol: Protocol<D>, delivery: D, context: DeliveryContext): Promise<Failure | undefined> {
    const started = performance.now();
    const timeoutMs = Math.min(this.#endpoint.remoteTimeoutMs, remainingMs(context));
    if (timeoutMs <= 0) return failure("deadline_exceeded", "deadline_exceeded: context deadline exceeded", { retryable: true });
    const request = protocol.request(delivery, timeoutMs, context.signal);
    let failed: Failure | undefined;
    try {
      failed = protocol.judge(await this.#client.send(request));
    } catch (error) {
      failed = explain(protocol, error);
    }
    this.#metrics.observe(`${protocol.verb}_downstream`, performance.now() - started);
    return failed;
  }

  /** Whether there is a next attempt: false when the sender has gone, would have gone by then, or everything stops. */
  async #wait(milliseconds: number, { signal, deadline }: DeliveryContext): Promise<boolean> {
    if (deadline !== undefined && Date.now() + milliseconds >= deadline) return false;
    const stopping = this.#stopping.signal;
    const ended = signal === undefined ? stopping : AbortSignal.any([stopping, signal]);
    try {
      await sleep(Math.min(milliseconds, maxTimerMs), undefined, { signal: ended });
      return true;
    } catch {
      return false;
    }
  }
}

function explain(protocol: Protocol<never>, error: unknown): Failure {
  if (!(error instanceof HttpClientError)) throw error;
  return protocol.explain(error);
}

function remainingMs({ deadline }: DeliveryContext): number {
  return deadline === undefined ? Number.POSITIVE_INFINITY : deadline - Date.now();
}
