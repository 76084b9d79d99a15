import type { Delivery, DeliverySize } from "./delivery.ts";
import type { Failure } from "./failure.ts";

/** One profile of a refused delivery, with what is left to be sent for it. It is delivered when all its parts are. */
export interface RepairUnit {
  readonly size: DeliverySize;
  readonly parts: Delivery[];
}

export interface RepairOutcome {
  /** Whether what is left is to wait after such a failure. */
  waits(failure: Failure): boolean;
  delivered(size: DeliverySize): void;
  refused(size: DeliverySize, failure: Failure): void;
}

/** A refused delivery on its second way, profile by profile and part by part. It knows how far it got, so that nothing is sent twice. */
export class RepairedDelivery {
  readonly #units: RepairUnit[];

  constructor(units: readonly RepairUnit[]) {
    this.#units = [...units];
  }

  /** How many profiles have not ended yet. */
  get profiles(): number {
    return this.#units.reduce((sum, { size }) => sum + size.profiles, 0);
  }

  /** Sends what is left and tells how each profile ends. Resolves early with a failure after which the rest waits: then it is to be called again later. */
  async send(attempt: (part: Delivery) => Promise<Failure | undefined>, outcome: RepairOutcome): Promise<Failure | undefined> {
    for (let unit = this.#units[0]; unit !== undefined; unit = this.#units[0]) {
      const failed = await this.#sendUnit(unit, attempt);
      if (failed !== undefined && outcome.waits(failed)) return failed;
      this.#units.shift();
      if (failed === undefined) outcome.delivered(unit.size);
      else outcome.refused(unit.size, failed);
    }
    return undefined;
  }

  async #sendUnit(unit: RepairUnit, attempt: (part: Delivery) => Promise<Failure | undefined>): Promise<Failure | undefined> {
    for (let part = unit.parts[0]; part !== undefined; part = unit.parts[0]) {
      const failed = await attempt(part);
      if (failed !== undefined) return failed;
      unit.parts.shift();
    }
    return undefined;
  }
}
