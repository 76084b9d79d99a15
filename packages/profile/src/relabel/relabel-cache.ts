import type { Labels } from "../labels/labels.ts";
import type { RuleSet } from "./compile-rules.ts";

/** Sets with a longer {@link Labels.key} are not remembered, so that a full cache stays bounded whatever labels senders make up. */
const maxKeyLength = 16_384;

/** Remembers what rules made of the label sets seen lately, drops included; the set not used for longest makes room. */
export class RelabelCache {
  #rules: RuleSet;
  #maxSize: number;
  /** In order of use, oldest first. */
  readonly #results = new Map<string, Labels | undefined>();
  #hits = 0;
  #misses = 0;

  constructor(rules: RuleSet, maxSize: number) {
    this.#rules = rules;
    this.#maxSize = maxSize;
  }

  get hits(): number {
    return this.#hits;
  }

  get misses(): number {
    return this.#misses;
  }

  get size(): number {
    return this.#results.size;
  }

  /** As {@link RuleSet.apply}; equal sets give the very same result object while they are remembered. */
  apply(labels: Labels): Labels | undefined {
    const { key } = labels;
    if (key.length > maxKeyLength) {
      this.#misses += 1;
      return this.#rules.apply(labels);
    }
    let result = this.#results.get(key);
    if (result !== undefined || this.#results.delete(key)) {
      this.#hits += 1;
      if (result !== undefined) this.#results.delete(key);
    } else {
      this.#misses += 1;
      result = this.#rules.apply(labels);
    }
    this.#results.set(key, result);
    this.#shrink();
    return result;
  }

  /** Takes other rules and forgets everything. */
  replaceRules(rules: RuleSet): void {
    this.#rules = rules;
    this.#results.clear();
  }

  resize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.#shrink();
  }

  #shrink(): void {
    for (const key of this.#results.keys()) {
      if (this.#results.size <= this.#maxSize) return;
      this.#results.delete(key);
    }
  }
}
