import { once } from "node:events";
import type { DebugInfoClient } from "../../component/debug-info-client.ts";
import { DeliveryMemory } from "../../component/delivery-memory.ts";
import type { DeliveryCall } from "../../component/delivery-memory.ts";
import type { DeliveryErrors } from "../../component/delivery-errors.ts";
import { deliverToAll, joinDeliveryErrors, noErrors } from "../../component/delivery-errors.ts";
import { journeySubject } from "../../component/journey.ts";
import type { Logger } from "../../component/logger.ts";
import type { Profile } from "../../component/profile.ts";
import type { DeliveryContext, ProfileReceiver } from "../../component/receiver.ts";
import { DeliveryError } from "../../component/receiver.ts";
import { buildDelivery, sizeOf } from "./build-delivery.ts";
import type { DeliverySize } from "./delivery.ts";
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

  /** From now on profiles go to `group`; the former endpoints end what they had begun, then the promise resolves. */
  replaceGroup(group: EndpointGroup): Promise<void> {
    const former = this.#group;
    this.#group = group;
    if (this.#running) group.start();
    const retired = former.retire().finally(() => this.#retiring.delete(former));
    this.#retiring.set(former, retired);
    return retired;
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

  /** Resolves to one error for all endpoints that do not have it. */
  async #deliver({ paths, labels }: EndpointGroup, series: Series, call: DeliveryCall, context: DeliveryContext): Promise<DeliveryErrors> {
    const started = performance.now();
    const size = sizeOf(series);
    const push = series[0].body.kind === "pprof";
    let error: DeliveryError | undefined;
    try {
      const delivery = buildDelivery(series, size, labels);
      const errors = await deliverToAll(paths, (path) => call.once(path.identity, series, () => path.accept(delivery, context)));
      if (errors.length > 0) error = joinDeliveryErrors(errors, paths.length);
    } catch (thrown) {
      error = DeliveryError.from(thrown);
      for (const path of paths) path.reject(size, journeySubject(series[0].labels), "labels", error.message);
    }
    const tookMs = performance.now() - started;
    this.#metrics.observe(push ? "push_total" : "ingest_total", tookMs);
    this.#logCall(push ? "Push" : "AppendIngest", error, size, { tookMs, deadline: context.deadline });
    return error === undefined ? noErrors : [error];
  }

  #logCall(
    message: string,
    err: DeliveryError | undefined,
    { bytes, profiles }: DeliverySize,
    { tookMs, deadline }: { readonly tookMs: number; readonly deadline: number | undefined },
  ): void {
    const level = err === undefined ? "debug" : "warn";
    if (!this.#log.enabled(level)) return;
    const dl = deadline === undefined ? "none" : new Date(deadline).toISOString();
    const fields = { sz: bytes, n: profiles, dl, st: new Date(Date.now() - tookMs).toISOString() };
    this.#log[level](message, err === undefined ? fields : { err, ...fields });
  }
}
