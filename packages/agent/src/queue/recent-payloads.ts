/** How much of what was just written stays in memory. */
export const recentPayloadsLimitBytes = 8 * 1024 * 1024;

interface Kept {
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
}

/** Payloads of records that were just written: in the normal case they are sent before they would have to be read back. The oldest go first. */
export class RecentPayloads {
  readonly #kept = new Map<number, Kept>();
  readonly #limit: number;
  #bytes = 0;

  constructor(limit: number = recentPayloadsLimitBytes) {
    this.#limit = limit;
  }

  add(slot: number, parts: readonly Uint8Array[]): void {
    const exact = parts.map(withoutRest);
    let bytes = 0;
    for (const part of exact) bytes += part.buffer.byteLength;
    this.#kept.set(slot, { parts: exact, bytes });
    this.#bytes += bytes;
    for (const old of this.#kept.keys()) {
      if (this.#bytes <= this.#limit) return;
      this.delete(old);
    }
  }

  /** The payload in the parts in which it came. */
  get(slot: number): readonly Uint8Array[] | undefined {
    return this.#kept.get(slot)?.parts;
  }

  delete(slot: number): void {
    const kept = this.#kept.get(slot);
    if (kept === undefined) return;
    this.#kept.delete(slot);
    this.#bytes -= kept.bytes;
  }

  clear(): void {
    this.#kept.clear();
    this.#bytes = 0;
  }
}

/** A small view would keep the whole buffer below it in memory. */
function withoutRest(part: Uint8Array): Uint8Array {
  return part.byteLength * 2 < part.buffer.byteLength ? Uint8Array.prototype.slice.call(part) : part;
}
