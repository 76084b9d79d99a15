/** A list of int32 that keeps its memory between uses. */
export class Int32List {
  /** Valid up to `length`. */
  items = new Int32Array(256);
  length = 0;

  push(value: number): void {
    if (this.length === this.items.length) this.#grow(this.length * 2);
    this.items[this.length++] = value;
  }

  pushZeros(count: number): void {
    const end = this.length + count;
    if (end > this.items.length) this.#grow(Math.max(end, this.items.length * 2));
    // Faster than `fill` for the few that are asked for.
    for (let at = this.length; at < end; at += 1) this.items[at] = 0;
    this.length = end;
  }

  /** Makes it `length` zeros. */
  fillZero(length: number): void {
    if (length > this.items.length) this.items = new Int32Array(Math.max(length, this.items.length * 2));
    else this.items.fill(0, 0, length);
    this.length = length;
  }

  clear(): void {
    this.length = 0;
  }

  /** Makes room for `capacity` items, so that adding them leaves no smaller arrays behind. The list must be empty. */
  reserve(capacity: number): void {
    if (capacity > this.items.length) this.items = new Int32Array(capacity);
  }

  #grow(capacity: number): void {
    const grown = new Int32Array(capacity);
    grown.set(this.items);
    this.items = grown;
  }
}
