import { compareTexts } from "../text/order.ts";
import { quoteText } from "../text/quote.ts";

const plainName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * An immutable label set: sorted by the bytes of the names, without empty values (an empty value means that the label is absent).
 * Names and values are texts as `@flameline/syntax` describes (bytes that are not UTF-8 are lone surrogates).
 */
export class Labels {
  static readonly empty: Labels = new Labels([]);

  /** name, value, name, value … sorted by name. */
  readonly #pairs: readonly string[];
  #key: string | undefined;

  private constructor(pairs: readonly string[]) {
    this.#pairs = pairs;
  }

  /** Of any entries: the last of equal names wins, empty values vanish. */
  static of(entries: Iterable<readonly [string, string]> | Readonly<Record<string, string>>): Labels {
    const sorted = [...(Symbol.iterator in entries ? entries : Object.entries(entries))].sort(([a], [b]) => compareTexts(a, b));
    const pairs: string[] = [];
    for (const [index, [name, value]] of sorted.entries()) {
      if (value !== "" && sorted[index + 1]?.[0] !== name) pairs.push(name, value);
    }
    return Labels.ofSorted(pairs);
  }

  /** @internal Of pairs that are sorted, distinct and not empty. */
  static ofSorted(pairs: readonly string[]): Labels {
    return pairs.length === 0 ? Labels.empty : new Labels(pairs);
  }

  get size(): number {
    return this.#pairs.length / 2;
  }

  /** The value, empty when the label is absent. */
  get(name: string): string {
    const pairs = this.#pairs;
    for (let at = 0; at < pairs.length; at += 2) {
      if (pairs[at] === name) return pairs[at + 1] ?? "";
    }
    return "";
  }

  has(name: string): boolean {
    return this.get(name) !== "";
  }

  *[Symbol.iterator](): IterableIterator<readonly [name: string, value: string]> {
    for (let at = 0; at < this.#pairs.length; at += 2) yield [this.#pairs[at] ?? "", this.#pairs[at + 1] ?? ""];
  }

  /** A text that is equal exactly for equal label sets; fit as a key of a map. Computed once. */
  get key(): string {
    this.#key ??= JSON.stringify(this.#pairs);
    return this.#key;
  }

  equals(other: Labels): boolean {
    return this === other || this.key === other.key;
  }

  edit(): LabelsBuilder {
    return new LabelsBuilder(this);
  }

  /** @internal name, value, name, value … for code on the hot path; the iterator makes a pair for each label. */
  get pairs(): readonly string[] {
    return this.#pairs;
  }

  /** `{a="b", "c.d"="e"}` as messages of the reference show a label set: values, and names beyond `[a-zA-Z_][a-zA-Z0-9_]*`, quoted as in Go. */
  toString(): string {
    const parts = Array.from(this, ([name, value]) => `${plainName.test(name) ? name : quoteText(name)}=${quoteText(value)}`);
    return `{${parts.join(", ")}}`;
  }

  toRecord(): Record<string, string> {
    return Object.fromEntries(this);
  }
}

/** Collects changes to a label set of up to some hundred labels. Setting an empty value deletes. */
export class LabelsBuilder {
  readonly #base: Labels;
  /** As in `Labels`, but new names stand at the end and deleted ones have an empty value. */
  readonly #pairs: string[];
  #changed = false;
  /** Names that were set, in the order in which they came in; only where somebody asks for it. */
  readonly #order: string[] | undefined;

  constructor(base: Labels = Labels.empty, keepsOrder = false) {
    this.#base = base;
    this.#pairs = [...base.pairs];
    this.#order = keepsOrder ? [] : undefined;
  }

  get(name: string): string {
    const at = this.#indexOf(name);
    return at < 0 ? "" : (this.#pairs[at + 1] ?? "");
  }

  set(name: string, value: string): this {
    if (this.#order !== undefined) this.#remember(this.#order, name, value);
    const at = this.#indexOf(name);
    if (at >= 0) {
      if (this.#pairs[at + 1] === value) return this;
      this.#pairs[at + 1] = value;
      this.#changed = true;
    } else if (value !== "") {
      this.#pairs.push(name, value);
      this.#changed = true;
    }
    return this;
  }

  delete(name: string): this {
    return this.set(name, "");
  }

  /** Deletes the labels whose name passes the test. */
  deleteWhere(test: (name: string) => boolean): this {
    const pairs = this.#pairs;
    for (let at = 0; at < pairs.length; at += 2) {
      const name = pairs[at] ?? "";
      if (pairs[at + 1] === "" || !test(name)) continue;
      if (this.#order !== undefined) this.#remember(this.#order, name, "");
      pairs[at + 1] = "";
      this.#changed = true;
    }
    return this;
  }

  /**
   * A snapshot of the present labels as name, value, name, value …: those that were never set, sorted by name, then the others in the order in which they
   * came in. For builders that keep that.
   */
  inOrder(): readonly string[] {
    const order = this.#order ?? [];
    const pairs: string[] = [];
    for (let at = 0; at < this.#base.pairs.length; at += 2) {
      const name = this.#pairs[at] ?? "";
      const value = this.#pairs[at + 1] ?? "";
      if (value !== "" && !order.includes(name)) pairs.push(name, value);
    }
    for (const name of order) pairs.push(name, this.get(name));
    return pairs;
  }

  labels(): Labels {
    return this.#changed ? Labels.ofSorted(sortedPairs(this.#pairs, this.#base.pairs.length)) : this.#base;
  }

  #remember(order: string[], name: string, value: string): void {
    const at = order.indexOf(name);
    if (value === "" && at >= 0) order.splice(at, 1);
    else if (value !== "" && at < 0) order.push(name);
  }

  #indexOf(name: string): number {
    const pairs = this.#pairs;
    for (let at = 0; at < pairs.length; at += 2) {
      if (pairs[at] === name) return at;
    }
    return -1;
  }
}

/** The pairs without those that have no value, sorted by name: the first `sorted` texts are in order already. */
function sortedPairs(pairs: readonly string[], sorted: number): string[] {
  const added = sortedTail(pairs, sorted);
  const result: string[] = [];
  let next = 0;
  for (let at = 0; at < sorted; at += 2) {
    const value = pairs[at + 1] ?? "";
    if (value === "") continue;
    const name = pairs[at] ?? "";
    for (; next < added.length && compareTexts(added[next] ?? "", name) < 0; next += 2)
      result.push(added[next] ?? "", added[next + 1] ?? "");
    result.push(name, value);
  }
  for (; next < added.length; next += 2) result.push(added[next] ?? "", added[next + 1] ?? "");
  return result;
}

/** The pairs from `start` on that have a value, in order: an insertion sort of a few. */
function sortedTail(pairs: readonly string[], start: number): readonly string[] {
  const tail: string[] = [];
  for (let from = start; from < pairs.length; from += 2) {
    const name = pairs[from] ?? "";
    const value = pairs[from + 1] ?? "";
    if (value === "") continue;
    let to = tail.length;
    for (; to > 0 && compareTexts(tail[to - 2] ?? "", name) > 0; to -= 2) {
      tail[to] = tail[to - 2] ?? "";
      tail[to + 1] = tail[to - 1] ?? "";
    }
    tail[to] = name;
    tail[to + 1] = value;
  }
  return tail;
}
