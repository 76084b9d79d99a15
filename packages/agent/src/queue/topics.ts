/** The names that records are told apart by when they are lost, each kept once for as long as a record has it. */
export class Topics {
  readonly #ids = new Map<string, number>();
  readonly #names: string[] = [""];
  readonly #holders: number[] = [0];
  readonly #free: number[] = [];

  /** For one more record. The empty name is always there, as 0. */
  hold(name: string): number {
    if (name === "") return 0;
    let id = this.#ids.get(name);
    if (id === undefined) {
      id = this.#free.pop() ?? this.#names.length;
      this.#ids.set(name, id);
      this.#names[id] = name;
      this.#holders[id] = 0;
    }
    this.#holders[id] = (this.#holders[id] ?? 0) + 1;
    return id;
  }

  nameOf(id: number): string {
    return this.#names[id] ?? "";
  }

  /** A record that had it is gone. */
  drop(id: number): void {
    if (id === 0) return;
    const left = (this.#holders[id] ?? 0) - 1;
    this.#holders[id] = left;
    if (left > 0) return;
    this.#ids.delete(this.nameOf(id));
    this.#names[id] = "";
    this.#free.push(id);
  }
}
