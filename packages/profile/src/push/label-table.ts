import type { Labels } from "../labels/labels.ts";

/** Longer sets are not remembered, so that a full table stays below some 40 MB whatever senders send. */
const maxSetBytes = 4096;

interface Entry {
  readonly bytes: Uint8Array;
  readonly labels: Labels;
}

/**
 * Gives label sets with the same bytes the same `Labels`, so that senders which repeat a few sets for ever cost neither decoding nor comparing, and
 * caches further down find them by identity. The oldest entry makes room when the table is full.
 */
export class LabelTable {
  /** By hash; of two sets with the same hash the later one stays. */
  readonly #entries = new Map<number, Entry>();
  readonly #maxSize: number;

  constructor(maxSize = 10_000) {
    this.#maxSize = maxSize;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The labels whose encoded form stands from `start` to `end`; `decode` is called for a form not seen lately. */
  lookup(source: Uint8Array, start: number, end: number, decode: () => Labels): Labels {
    if (end - start > maxSetBytes) return decode();
    const hash = hashOf(source, start, end);
    const known = this.#entries.get(hash);
    if (known !== undefined && holds(source, start, end, known.bytes)) return known.labels;
    const entry = { bytes: source.slice(start, end), labels: decode() };
    this.#entries.set(hash, entry);
    if (this.#entries.size > this.#maxSize) this.#dropOldest();
    return entry.labels;
  }

  #dropOldest(): void {
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

/** FNV-1a, https://www.rfc-editor.org/rfc/rfc9923 */
function hashOf(source: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (source[at] as number), 0x01000193);
  return hash;
}

function holds(source: Uint8Array, start: number, end: number, bytes: Uint8Array): boolean {
  if (end - start !== bytes.length) return false;
  for (let at = 0; at < bytes.length; at += 1) {
    if (source[start + at] !== bytes[at]) return false;
  }
  return true;
}
