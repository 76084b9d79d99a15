import type { DebugInfoClient } from "./debug-info-client.ts";
import { combineDeliveryErrors, deliverToAll, multierrorText } from "./delivery-errors.ts";
import { DeliveryMemory } from "./delivery-memory.ts";
import type { Counter, Histogram, Metrics } from "./metrics.ts";
import { defaultBuckets } from "./metrics.ts";
import type { Profile } from "./profile.ts";
import type { DeliveryContext, ProfileReceiver } from "./receiver.ts";
import { debugInfoClientsOf } from "./receiver.ts";

/**
 * One receiver in front of many. Every call asks `receivers` anew, so a changed `forward_to` counts at once. All children get a call's profiles
 * concurrently; the call fails when one of them does, after all have ended. When its sender repeats it then, those that took it do not get it again.
 *
 * Metrics: `pyroscope_fanout_latency` observes every call, `pyroscope_forwarded_entries_total` counts the pprofs of calls that every child took
 * (requests to `/ingest` are not entries).
 */
export function createFanout(receivers: () => readonly ProfileReceiver[], metrics: Metrics): ProfileReceiver {
  const latency = metrics.histogram({
    name: "pyroscope_fanout_latency",
    help: "Write latency for sending to pyroscope profiles",
    buckets: defaultBuckets,
  });
  const forwarded = metrics.counter({
    name: "pyroscope_forwarded_entries_total",
    help: "Total number of samples sent to downstream components.",
  });
  return new Fanout(receivers, latency.with({}), forwarded.with({}));
}

class Fanout implements ProfileReceiver {
  readonly #receivers: () => readonly ProfileReceiver[];
  readonly #latency: Histogram;
  readonly #forwarded: Counter;
  readonly #memory = new DeliveryMemory();

  constructor(receivers: () => readonly ProfileReceiver[], latency: Histogram, forwarded: Counter) {
    this.#receivers = receivers;
    this.#latency = latency;
    this.#forwarded = forwarded;
  }

  async append(profiles: readonly Profile[], context: DeliveryContext): Promise<void> {
    const started = performance.now();
    const receivers = this.#receivers();
    const call = this.#memory.begin();
    const errors = await deliverToAll(receivers, (receiver) => call.once(receiver, profiles, () => receiver.append(profiles, context)));
    call.end(errors);
    this.#latency.observe((performance.now() - started) / 1000);
    if (errors.length > 0) throw combineDeliveryErrors(multierrorText(errors), errors, receivers.length);
    const entries = countEntries(profiles);
    if (entries > 0) this.#forwarded.inc(entries);
  }

  debugInfoClients(): readonly DebugInfoClient[] {
    return debugInfoClientsOf(this.#receivers());
  }
}

function countEntries(profiles: readonly Profile[]): number {
  let entries = 0;
  for (const { body } of profiles) if (body.kind === "pprof") entries += 1;
  return entries;
}
