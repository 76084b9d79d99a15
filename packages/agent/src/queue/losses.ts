import type { LossReason, QueueLoss } from "./queue.ts";

/** Something of which one or more records were lost. */
export interface LostRecords {
  readonly reason: LossReason;
  readonly tenant: string;
  /** Empty when nobody knows it. */
  readonly topic: string;
  readonly units: number;
  readonly bytes: number;
  /** Default 1. */
  readonly records?: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Waiting extends Mutable<Omit<QueueLoss, "topics">> {
  readonly topics: Map<string, { units: number; bytes: number }>;
}

/** Collects losses and tells of them in one go, one for each reason and tenant. */
export class Losses {
  readonly #tell: (loss: QueueLoss) => void;
  readonly #waiting = new Map<string, Waiting>();

  constructor(tell: (loss: QueueLoss) => void) {
    this.#tell = tell;
  }

  add({ reason, tenant, topic, units, bytes, records = 1 }: LostRecords): void {
    const key = `${reason} ${tenant}`;
    let loss = this.#waiting.get(key);
    if (loss === undefined) this.#waiting.set(key, (loss = { reason, tenant, records: 0, units: 0, bytes: 0, topics: new Map() }));
    loss.records += records;
    loss.units += units;
    loss.bytes += bytes;
    const part = loss.topics.get(topic) ?? { units: 0, bytes: 0 };
    loss.topics.set(topic, { units: part.units + units, bytes: part.bytes + bytes });
  }

  tell(): void {
    const losses = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const loss of losses) this.#tell(loss);
  }
}
