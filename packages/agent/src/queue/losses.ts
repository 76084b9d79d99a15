import type { LossReason, QueueLoss } from "./queue.ts";

/** Collects losses and tells of them in one go, one for each reason and tenant. */
export class Losses {
  readonly #tell: (loss: QueueLoss) => void;
  readonly #waiting = new Map<string, { -readonly [K in keyof QueueLoss]: QueueLoss[K] }>();

  constructor(tell: (loss: QueueLoss) => void) {
    this.#tell = tell;
  }

  add(reason: LossReason, tenant: string, units: number, bytes: number, records = 1): void {
    const key = `${reason} ${tenant}`;
    const known = this.#waiting.get(key);
    if (known === undefined) this.#waiting.set(key, { reason, tenant, records, units, bytes });
    else {
      known.records += records;
      known.units += units;
      known.bytes += bytes;
    }
  }

  tell(): void {
    const losses = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const loss of losses) this.#tell(loss);
  }
}
