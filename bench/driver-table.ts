/** What the drivers print: `| standin 20KB push max | 1 / **2** / 3 | …` with the column names in the table's first line. */
export class DriverTable {
  readonly #columns: readonly string[];
  readonly #rows: ReadonlyMap<string, readonly string[]>;

  constructor(output: string) {
    const rows = output
      .split("\n")
      .filter((line) => line.startsWith("|"))
      .map((line) => line.split("|").map((cell) => cell.trim()));
    this.#columns = rows[0] ?? [];
    this.#rows = new Map(rows.map((cells) => [cells[1] ?? "", cells]));
  }

  /** The median where there are several values; undefined when there is no such row. */
  value(row: string, column: string): number | undefined {
    const text = this.#rows.get(row)?.[this.#columns.indexOf(column)];
    return text === undefined ? undefined : Number(/\*\*(.*?)\*\*/.exec(text)?.[1] ?? text);
  }
}
