/** Things that become due, by time. */
export class TimeHeap<T> {
  readonly #times: number[] = [];
  readonly #items: T[] = [];

  /** When the first thing is due, undefined when there is none. */
  get nextAt(): number | undefined {
    return this.#times[0];
  }

  push(at: number, item: T): void {
    let child = this.#times.length;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      const time = this.#times[parent];
      if (time === undefined || time <= at) break;
      this.#set(child, parent);
      child = parent;
    }
    this.#times[child] = at;
    this.#items[child] = item;
  }

  /** Takes the first thing when it is due at `now`. */
  pop(now: number): T | undefined {
    const [time] = this.#times;
    const [item] = this.#items;
    if (time === undefined || time > now) return undefined;
    const lastTime = this.#times.pop();
    const lastItem = this.#items.pop();
    if (this.#times.length > 0 && lastTime !== undefined) this.#sink(lastTime, lastItem as T);
    return item;
  }

  #sink(at: number, item: T): void {
    let parent = 0;
    for (;;) {
      let child = parent * 2 + 1;
      const left = this.#times[child];
      if (left === undefined) break;
      const right = this.#times[child + 1];
      if (right !== undefined && right < left) child += 1;
      if ((this.#times[child] ?? at) >= at) break;
      this.#set(parent, child);
      parent = child;
    }
    this.#times[parent] = at;
    this.#items[parent] = item;
  }

  #set(to: number, from: number): void {
    this.#times[to] = this.#times[from] as number;
    this.#items[to] = this.#items[from] as T;
  }
}
