import type { HeldPayload, PayloadMemory } from "./payload-memory.ts";

/** How much memory payloads may take that are on disk, until the oldest of those that nobody has in hands go. */
export const recentPayloadsLimitBytes = 16 * 1024 * 1024;

interface RecentPayload {
  readonly payload: HeldPayload;
  /** Somebody has it in hands. */
  isRead: boolean;
}

/** Payloads of records that were just written: in the normal case they are sent before they would have to be read back. */
export class RecentPayloads {
  readonly #memory: PayloadMemory;
  /** By slot, the oldest first. */
  readonly #recent = new Map<number, RecentPayload>();

  constructor(memory: PayloadMemory) {
    this.#memory = memory;
  }

  add(slot: number, payload: HeldPayload): void {
    this.#memory.keep(payload);
    for (const [oldest, { isRead }] of this.#recent) {
      if (this.#memory.keptBytes <= recentPayloadsLimitBytes) break;
      // What is being read would not go by being forgotten.
      if (!isRead) this.forget(oldest);
    }
    this.#recent.set(slot, { payload, isRead: false });
  }

  /** For who takes the record. Until it is {@link release}d or {@link putBack} the payload stays here. */
  read(slot: number): Uint8Array | undefined {
    const recent = this.#recent.get(slot);
    if (recent === undefined) return undefined;
    recent.isRead = true;
    return recent.payload.bytes;
  }

  /** The record is done, and who had its payload in hands does not read it any more. */
  release(slot: number): void {
    const recent = this.#recent.get(slot);
    if (recent === undefined) return;
    this.#recent.delete(slot);
    this.#memory.release(recent.payload);
  }

  /** The record was put back. Who had its payload in hands may still read it: a request that was given up may not be all sent. */
  putBack(slot: number): void {
    const recent = this.#recent.get(slot);
    if (recent?.isRead !== true) return;
    recent.isRead = false;
    this.#memory.expose(recent.payload);
  }

  /** From now on the payload is on disk only. Who has it in hands may go on reading it. */
  forget(slot: number): void {
    this.putBack(slot);
    this.release(slot);
  }

  clear(): void {
    for (const slot of this.#recent.keys()) this.forget(slot);
  }
}
