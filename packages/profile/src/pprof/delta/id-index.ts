const maxDense = 1 << 20;
const twoTo32 = 0x1_0000_0000;

/** Finds records of a profile by their 64-bit id. Ids are small and dense in nearly all profiles, and may be anything. */
export class IdIndex {
  /** Index + 1 by id. */
  #dense = new Int32Array(1024);
  #denseEnd = 0;
  readonly #sparse = new Map<number | bigint, number>();

  set(lo: number, hi: number, index: number): void {
    const id = lo >>> 0;
    if (hi !== 0 || id >= maxDense) {
      this.#sparse.set(keyOf(lo, hi), index);
      return;
    }
    if (id >= this.#dense.length) this.#grow(id);
    this.#dense[id] = index + 1;
    if (id >= this.#denseEnd) this.#denseEnd = id + 1;
  }

  /** -1 when no record has this id. */
  get(lo: number, hi: number): number {
    if (hi === 0 && lo >>> 0 < this.#denseEnd) return (this.#dense[lo] as number) - 1;
    return this.#sparse.size === 0 ? -1 : (this.#sparse.get(keyOf(lo, hi)) ?? -1);
  }

  get isEmpty(): boolean {
    return this.#denseEnd === 0 && this.#sparse.size === 0;
  }

  clear(): void {
    this.#dense.fill(0, 0, this.#denseEnd);
    this.#denseEnd = 0;
    this.#sparse.clear();
  }

  #grow(id: number): void {
    const grown = new Int32Array(Math.max(this.#dense.length * 2, id + 1));
    grown.set(this.#dense);
    this.#dense = grown;
  }
}

function keyOf(lo: number, hi: number): number | bigint {
  const high = hi >>> 0;
  return high <= 0x1f_ffff ? high * twoTo32 + (lo >>> 0) : (BigInt(high) << 32n) | BigInt(lo >>> 0);
}
