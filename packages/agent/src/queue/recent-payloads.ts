import type { HeldPayload, PayloadMemory } from "./payload-memory.ts";

/** How much memory payloads may take, those that wait for the disk included, until the oldest of those that were written go. */
export const payloadMemoryBytes = 16 * 1024 * 1024;

interface KeptPayload {
  readonly payload: HeldPayload;
  /** Somebody has it in hands, or had. */
  read: boolean;
}

/** Payloads of records that were just written: in the normal case they are sent before they would have to be read back. */
export class RecentPayloads {
  readonly #memory: PayloadMemory;
  readonly #kept = new Map<number, KeptPayload>();

  constructor(memory: PayloadMemory) {
    this.#memory = memory;
  }

  add(slot: number, payload: HeldPayload): void {
    this.#kept.set(slot, { payload, read: false });
    for (const oldest of this.#kept.keys()) {
      if (this.#memory.heldBytes <= payloadMemoryBytes) return;
      this.forget(oldest);
    }
  }

  get(slot: number): Uint8Array | undefined {
    const kept = this.#kept.get(slot);
    if (kept === undefined) return undefined;
    kept.read = true;
    return kept.payload.bytes;
  }

  /** A record is done with: nobody reads its payload any more. */
  finish(slot: number): void {
    const kept = this.#take(slot);
    if (kept !== undefined) this.#memory.release(kept.payload);
  }

  /** A record was put back: who held it may not be through with its payload, such as a request that was given up but not all sent. */
  expose(slot: number): void {
    const kept = this.#kept.get(slot);
    if (kept?.read === true) this.#memory.expose(kept.payload);
  }

  /** From now on the payload is on disk only. Who has it already may go on reading it. */
  forget(slot: number): void {
    const kept = this.#take(slot);
    if (kept === undefined) return;
    if (kept.read) this.#memory.expose(kept.payload);
    this.#memory.release(kept.payload);
  }

  clear(): void {
    for (const slot of this.#kept.keys()) this.forget(slot);
  }

  #take(slot: number): KeptPayload | undefined {
    const kept = this.#kept.get(slot);
    this.#kept.delete(slot);
    return kept;
  }
}
