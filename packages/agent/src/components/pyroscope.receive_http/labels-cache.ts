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

  /** The labels that `key` stands for; `parse` is asked about one not seen lately and gives them, or says why there are none. */
  read(key: string, parse: (key: string) => Labels | string): Labels | string {
    const known = this.#labels.get(key);
    if (known !== undefined) return known;
    const own = copyOf(key);
    const labels = parse(own);
    if (typeof labels !== "string" && own.length <= maxCachedKeyLength) this.#keep(own, labels);
    return labels;
  }

  #keep(key: string, labels: Labels): void {
    if (this.#labels.size >= maxCachedLabelSets) this.#dropOldest();
    this.#labels.set(key, labels);
  }

  #dropOldest(): void {
    for (const oldest of this.#labels.keys()) {
      this.#labels.delete(oldest);
      return;
    }
  }
}

/** A key is part of a request's URL, of a megabyte maybe, which it and labels made of it would keep in memory: the engine shares the characters of such parts. */
function copyOf(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}
