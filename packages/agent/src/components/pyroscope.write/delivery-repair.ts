import type { Labels, PushRequest, PushSample } from "@flameline/profile";
import { decodePushRequest, encodePushRequest, ProfileDataError } from "@flameline/profile";
import type { DeliveryError } from "../../component/receiver.ts";
import type { Delivery, PushDelivery } from "./delivery.ts";
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
   * the same again. Requests to `/ingest` are not looked into, nor are those that are beyond the limits of what is read.
   */
  of(delivery: Delivery, error: DeliveryError): RepairedDelivery | undefined {
    if (delivery.kind === "ingest" || !mayBeRepaired(error)) return undefined;
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
