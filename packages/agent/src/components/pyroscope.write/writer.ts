import { once } from "node:events";
import type { DebugInfoClient } from "../../component/debug-info-client.ts";
import { DeliveryMemory } from "../../component/delivery-memory.ts";
import type { DeliveryCall } from "../../component/delivery-memory.ts";
import { deliverToAll, joinDeliveryErrors } from "../../component/delivery-errors.ts";
import { journeySubject } from "../../component/journey.ts";
import type { Logger } from "../../component/logger.ts";
import type { Profile } from "../../component/profile.ts";
import type { DeliveryContext, ProfileReceiver } from "../../component/receiver.ts";
import { DeliveryError } from "../../component/receiver.ts";
import { buildDelivery, sizeOf } from "./build-delivery.ts";
import type { Delivery, DeliverySize } from "./delivery.ts";
import type { EndpointGroup } from "./endpoint-group.ts";
import { splitSeries, type Series } from "./split-series.ts";
import type { EndpointMetrics } from "./write-metrics.ts";

/** How many series of one call are on their way at a time. */
const concurrentSeries = 16;

export interface WriterOptions {
  /** Id of the component. */
  readonly id: string;
  readonly group: EndpointGroup;
  /** Of whole calls. */
  readonly metrics: EndpointMetrics;
  readonly log: Logger;
}

/** A series on its way to all endpoints. */
interface OneSeries {
  readonly series: Series;
  readonly size: DeliverySize;
  readonly call: DeliveryCall;
  readonly context: DeliveryContext;
}

/**
 * The receiver of `pyroscope.write`: one request for each series to each endpoint, all endpoints at once. It stays the same object while its endpoints
 * are replaced; what is under way then ends with those that it began with. Without endpoints every call succeeds. When some endpoints fail, a sender that
 * repeats reaches only those.
 */
export class Writer implements ProfileReceiver {
  readonly #id: string;
  readonly #metrics: EndpointMetrics;
  readonly #log: Logger;
  readonly #retiring = new Map<EndpointGroup, Promise<void>>();
  readonly #memory = new DeliveryMemory();
  #group: EndpointGroup;
  #running = false;
  #stopped = false;

  constructor({ id, group, metrics, log }: WriterOptions) {
    this.#id = id;
    this.#group = group;
    this.#metrics = metrics;
    this.#log = log;
  }

  async append(profiles: readonly Profile[], context: DeliveryContext): Promise<void> {
    if (this.#stopped) throw new DeliveryError(`${this.#id} has exited`, { code: "unavailable", retryable: true });
    const group = this.#group;
    group.hold();
    try {
      const all = splitSeries(profiles);
      const errors: DeliveryError[] = [];
      const call = this.#memory.begin();
      for (let from = 0; from < all.length; from += concurrentSeries) {
        const some = all.slice(from, from + concurrentSeries);
        errors.push(...(await deliverToAll(some, (series) => this.#deliver(group, series, call, context))));
      }
      call.end(errors);
      if (errors.length > 0) throw joinDeliveryErrors(errors, all.length);
    } finally {
      group.release();
    }
  }

  debugInfoClients(): readonly DebugInfoClient[] {
    return this.#group.debugInfo;
  }

  /** From now on profiles go to `group`; the former endpoints end what they had begun. */
  replaceGroup(group: EndpointGroup): void {
    const former = this.#group;
    this.#group = group;
    if (this.#running) group.start();
    const retired = former.retire().finally(() => this.#retiring.delete(former));
    this.#retiring.set(former, retired);
  }

  /** Sends what is in the queues; resolves when `signal` has aborted and everything has ended. */
  async run(signal: AbortSignal): Promise<void> {
    this.#running = true;
    this.#group.start();
    if (!signal.aborted) await once(signal, "abort");
    await this.stop();
  }

  /** Ends all waiting for another attempt and resolves when the attempts under way have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const former of this.#retiring.keys()) former.stop();
    this.#group.stop();
    await Promise.all([this.#group.retire(), ...this.#retiring.values()]);
  }

  async #deliver(group: EndpointGroup, series: Series, call: DeliveryCall, context: DeliveryContext): Promise<void> {
    const began = Date.now();
    const started = performance.now();
    const size = sizeOf(series);
    const push = series[0].body.kind === "pprof";
    const error = await this.#send(group, { series, size, call, context });
    this.#metrics.observe(push ? "push_total" : "ingest_total", performance.now() - started);
    this.#logCall(push ? "Push" : "AppendIngest", error, size, { began, deadline: context.deadline });
    if (error !== undefined) throw error;
  }

  #logCall(
    message: string,
    err: DeliveryError | undefined,
    { bytes, profiles }: DeliverySize,
    { began, deadline }: { readonly began: number; readonly deadline: number | undefined },
  ): void {
    const level = err === undefined ? "debug" : "warn";
    if (!this.#log.enabled(level)) return;
    const dl = deadline === undefined ? "none" : new Date(deadline).toISOString();
    const fields = { sz: bytes, n: profiles, dl, st: new Date(began).toISOString() };
    this.#log[level](message, err === undefined ? fields : { err, ...fields });
  }

  async #send({ paths, labels }: EndpointGroup, { series, size, call, context }: OneSeries): Promise<DeliveryError | undefined> {
    let delivery: Delivery;
    try {
      delivery = buildDelivery(series, size, labels);
    } catch (thrown) {
      const error = DeliveryError.from(thrown);
      for (const path of paths) path.reject(size, journeySubject(series[0].labels), "labels", error.message);
      return error;
    }
    const errors = await deliverToAll(paths, (path) => call.once(path.identity, series, () => path.accept(delivery, context)));
    return errors.length > 0 ? joinDeliveryErrors(errors, paths.length) : undefined;
  }
}
