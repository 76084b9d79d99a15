import type { PushRequest, PushSample } from "@flameline/profile";
import { decodePushRequest, encodePushRequest, Labels, parseAppName, ProfileDataError } from "@flameline/profile";
import { firstValue, parseQuery } from "../../component/query-string.ts";
import type { DeliveryError } from "../../component/receiver.ts";
import type { Delivery, IngestDelivery, PushDelivery } from "./delivery.ts";
import { ingestPprof } from "./ingest-pprof.ts";
import type { RepairUnit } from "./repaired-delivery.ts";
import { RepairedDelivery } from "./repaired-delivery.ts";
import type { RepairCounters } from "./repair/repair-metrics.ts";
import type { Repairer } from "./repair/repairer.ts";
import { mayBeRepaired } from "./repair/repairer.ts";

/** Mends what servers would refuse: labels before anything is sent, profiles once a server has refused them. */
export class DeliveryRepair {
  readonly #repairer: Repairer;
  readonly #counters: RepairCounters;

  constructor(repairer: Repairer, counters: RepairCounters) {
    this.#repairer = repairer;
    this.#counters = counters;
  }

  /** The labels as servers take them, counted for so many profiles. The same object when there is nothing to mend. */
  labels(labels: Labels, profiles: number): Labels {
    const { labels: mended, kinds } = this.#repairer.repairLabels(labels);
    for (const kind of kinds) this.#counters[kind].inc(profiles);
    return mended;
  }

  /**
   * What to send in place of a delivery that an endpoint refused: each of its profiles alone, mended where that is possible. Undefined when that would be
   * the same again. Of requests to `/ingest` only pprofs are looked into, see {@link ingestPprof}; nothing is that is beyond the limits of what is read.
   */
  of(delivery: Delivery, error: DeliveryError): RepairedDelivery | undefined {
    if (!mayBeRepaired(error)) return undefined;
    return delivery.kind === "push" ? this.#ofPush(delivery) : this.#ofIngest(delivery);
  }

  #ofPush(delivery: PushDelivery): RepairedDelivery | undefined {
    let mended = false;
    const units: RepairUnit[] = [];
    for (const { labels, samples } of seriesOf(delivery)) {
      for (const sample of samples) {
        const { unit, kinds } = this.#unitOf(delivery, labels, sample);
        units.push(unit);
        mended ||= kinds > 0;
      }
    }
    return mended || units.length > 1 ? new RepairedDelivery(units) : undefined;
  }

  #ofIngest(delivery: IngestDelivery): RepairedDelivery | undefined {
    const pprof = ingestPprof(delivery);
    if (pprof === undefined) return undefined;
    const { profiles, kinds } = this.#repairer.repair(labelsBehindName(delivery), pprof.data, { refused: true });
    if (kinds.length === 0) return undefined;
    for (const kind of kinds) this.#counters[kind].inc();
    const parts = profiles.map(({ data }): IngestDelivery => ({ ...delivery, data: pprof.bodyWith(data) }));
    // Not the delivery itself: it would stay in memory for as long as its parts wait.
    return new RepairedDelivery([{ size: { profiles: delivery.profiles, bytes: delivery.bytes }, parts }]);
  }

  #unitOf(delivery: PushDelivery, labels: Labels, { id, raw }: PushSample): { readonly unit: RepairUnit; readonly kinds: number } {
    const { profiles, kinds } = this.#repairer.repair(labels, raw, { refused: true });
    for (const kind of kinds) this.#counters[kind].inc();
    const size = { profiles: 1, bytes: raw.length };
    const parts = profiles.map(({ labels: own, data }, index): PushDelivery => {
      const sample = { id: index === 0 ? id : `${id}/${index + 1}`, raw: data };
      return { ...delivery, ...size, message: encodePushRequest([{ labels: own, samples: [sample] }]) };
    });
    return { unit: { size, parts }, kinds: kinds.length };
  }
}

function seriesOf({ message }: PushDelivery): PushRequest {
  try {
    return decodePushRequest(Buffer.concat(message));
  } catch (error) {
    if (error instanceof ProfileDataError) return [];
    throw error;
  }
}

/** The application's place is that of the profile's type in other series. */
function labelsBehindName({ query }: IngestDelivery): Labels {
  const { labels = Labels.empty } = parseAppName(firstValue(parseQuery(query), "name") ?? "");
  return labels.edit().delete("__name__").labels();
}
