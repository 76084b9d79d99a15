/**
 * An immutable label set: sorted by name, without empty values (an empty value means that the label is absent).
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
    const builder = new LabelsBuilder();
    for (const [name, value] of Symbol.iterator in entries ? entries : Object.entries(entries)) builder.set(name, value);
    return builder.labels();
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
    this.#key ??= this.#pairs.join("\u{ff}");
    return this.#key;
  }

  equals(other: Labels): boolean {
    return this === other || this.key === other.key;
  }

  edit(): LabelsBuilder {
    return new LabelsBuilder(this);
  }

  /** `{a="b", c="d"}` with values quoted as in Go, as messages show a label set. */
  toString(): string {
    return `{${[...this].map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(", ")}}`;
  }

  toRecord(): Record<string, string> {
    return Object.fromEntries(this);
  }
}

/** Collects changes to a label set. Setting an empty value deletes. */
export class LabelsBuilder {
  readonly #base: Labels;
  readonly #values: Map<string, string>;
  #changed = false;

  constructor(base: Labels = Labels.empty) {
    this.#base = base;
    this.#values = new Map(base);
  }

  get(name: string): string {
    return this.#values.get(name) ?? "";
  }

  set(name: string, value: string): this {
    if (value === "") return this.delete(name);
    if (this.#values.get(name) !== value) {
      this.#values.set(name, value);
      this.#changed = true;
    }
    return this;
  }

  delete(name: string): this {
    if (this.#values.delete(name)) this.#changed = true;
    return this;
  }

  /** A snapshot of the present names and values, sorted by name. */
  entries(): readonly (readonly [string, string])[] {
    return [...this.#values].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  }

  labels(): Labels {
    return this.#changed ? Labels.ofSorted(this.entries().flat()) : this.#base;
  }
}
