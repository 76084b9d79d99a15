import type { HeldPayload } from "./payload-memory.ts";

/** A record that waits to be written. */
export interface WaitingRecord {
  readonly tenant: string;
  readonly tenantBytes: Uint8Array;
  readonly topic: string;
  readonly createdAt: number;
  readonly units: number;
  readonly payload: HeldPayload;
  /** On the monotonic clock, see `birthOf`. */
  readonly bornAt: number;
}

/** Records that go to the disk together: one write, one sync, one promise for all of them. */
export class AppendBatch {
  readonly records: WaitingRecord[] = [];
  /** What they take on disk. */
  bytes = 0;
  readonly kept: Promise<void>;
  readonly #settle: { resolve(): void; reject(error: Error): void };

  constructor() {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.kept = promise;
    this.#settle = { resolve, reject };
  }

  resolve(): void {
    this.#settle.resolve();
  }

  reject(error: Error): void {
    this.#settle.reject(error);
  }
}
