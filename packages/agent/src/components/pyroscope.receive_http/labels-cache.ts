import type { Labels } from "@flameline/profile";

/** How many label sets are remembered. */
export const maxCachedLabelSets = 4096;
/** Longer forms are read anew each time, so that the memory stays below some 20 MB whatever senders send. */
export const maxCachedKeyLength = 4096;

/**
 * Label sets by the form in which senders write them. Senders repeat the same few for ever, so most need no reading, and
 * everything behind can recognise a label set by its identity. The oldest goes first.
 */
export class LabelsCache {
  readonly #labels = new Map<string, Labels>();

  get(key: string): Labels | undefined {
    return this.#labels.get(key);
  }

  /** Gives back `labels`. */
  set(key: string, labels: Labels): Labels {
    if (key.length > maxCachedKeyLength) return labels;
    if (this.#labels.size >= maxCachedLabelSets) this.#dropOldest();
    this.#labels.set(key, labels);
    return labels;
  }

  #dropOldest(): void {
    for (const oldest of this.#labels.keys()) {
      this.#labels.delete(oldest);
      return;
    }
  }
}
