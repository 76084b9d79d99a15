import type { DeliveryContext } from "../../component/receiver.ts";
import { HttpClientError } from "../../http/client/http-client-error.ts";
import type { HttpClient } from "../../http/client/http-message.ts";
import type { Delivery } from "./delivery.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Failure } from "./failure.ts";
import { failure } from "./failure.ts";
import { IngestProtocol } from "./ingest-protocol.ts";
import type { Protocol } from "./protocol.ts";
import { PushProtocol } from "./push-protocol.ts";
import type { EndpointMetrics } from "./write-metrics.ts";

export interface EndpointExchangeOptions {
  readonly endpoint: Endpoint;
  readonly client: HttpClient;
  readonly metrics: EndpointMetrics;
  /** Whether what does not get through is kept in a queue. */
  readonly keepsProfiles: boolean;
}

/** Single attempts to give deliveries to one endpoint. */
export class EndpointExchange {
  readonly #endpoint: Endpoint;
  readonly #client: HttpClient;
  readonly #metrics: EndpointMetrics;
  readonly #push: PushProtocol;
  readonly #ingest: IngestProtocol;

  constructor({ endpoint, client, metrics, keepsProfiles }: EndpointExchangeOptions) {
    this.#endpoint = endpoint;
    this.#client = client;
    this.#metrics = metrics;
    this.#push = new PushProtocol(endpoint);
    this.#ingest = new IngestProtocol(endpoint, keepsProfiles);
  }

  /** Undefined when the endpoint has it, else why not. Takes `remote_timeout` at most, and no longer than the sender waits. */
  attempt(delivery: Delivery, context: DeliveryContext): Promise<Failure | undefined> {
    return delivery.kind === "push" ? this.#try(this.#push, delivery, context) : this.#try(this.#ingest, delivery, context);
  }

  async #try<D extends Delivery>(protocol: Protocol<D>, delivery: D, context: DeliveryContext): Promise<Failure | undefined> {
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
}

function explain(protocol: Protocol<never>, error: unknown): Failure {
  if (!(error instanceof HttpClientError)) throw error;
  return protocol.explain(error);
}

function remainingMs({ deadline }: DeliveryContext): number {
  return deadline === undefined ? Number.POSITIVE_INFINITY : deadline - Date.now();
}
