/** Cells of neighbouring lines that stand above each other and are padded to one width. */
interface Column {
  /** Of its widest cell, in code points. */
  width: number;
  /** Nothing but empty cells that soft tabs end: takes no room at all. */
  vanishes: boolean;
}

interface Cell {
  readonly text: string;
  readonly column: Column;
}

interface Line {
  readonly cells: readonly Cell[];
  /** What follows the last tab. */
  readonly rest: string;
}

/** Leading empty cells are written as tabs, one for every so many columns. */
const tabWidth = 8;

/**
 * Elastic tabstops, with the rules of Go's `text/tabwriter` under the options that formatters of this language use: a tab ends a cell; the cells
 * at the same index of lines that follow each other form a column, as wide as the widest cell and one blank; a line without a cell at this
 * index, or a section break, ends the column.
 *
 * Texts are never changed. One that spans lines ends all columns, since nothing can be aligned with its inner lines.
 */
export class Aligner {
  readonly #lines: Line[] = [];
  #columns: Column[] = [];
  #cells: Cell[] = [];
  #text = "";
  #blank = false;

  get atLineStart(): boolean {
    return this.#text === "" && this.#cells.length === 0;
  }

  /** How many lines are complete. */
  get line(): number {
    return this.#lines.length;
  }

  write(text: string): void {
    if (this.#blank) this.#text += " ";
    this.#blank = false;
    if (!text.includes("\n")) {
      this.#text += text;
      return;
    }
    for (const [index, part] of text.split("\n").entries()) {
      if (index > 0) this.endSection();
      this.#text += part;
    }
  }

  /** A blank, if more text follows on the line. */
  blank(): void {
    this.#blank = true;
  }

  /** Ends a cell. A column of empty cells vanishes when all of them end with soft tabs. */
  tab(kind: "hard" | "soft"): void {
    const index = this.#cells.length;
    const column = (this.#columns[index] ??= { width: 0, vanishes: true });
    column.width = Math.max(column.width, countCodePoints(this.#text));
    column.vanishes &&= kind === "soft" && this.#text === "";
    this.#cells.push({ text: this.#text, column });
    this.#text = "";
    this.#blank = false;
  }

  endLine(): void {
    this.#columns.length = this.#cells.length;
    this.#lines.push({ cells: this.#cells, rest: this.#text });
    this.#cells = [];
    this.#text = "";
    this.#blank = false;
  }

  /** Ends the line and all columns. */
  endSection(): void {
    this.endLine();
    this.#columns = [];
  }

  /** All lines, aligned; without a newline at the end. */
  finish(): string {
    this.endLine();
    return this.#lines.map(render).join("\n");
  }
}

function render({ cells, rest }: Line): string {
  let text = "";
  let leading = true;
  for (const cell of cells) {
    const width = cell.column.vanishes ? 0 : cell.column.width + 1;
    leading &&= cell.text === "";
    text += leading ? "\t".repeat(Math.ceil(width / tabWidth)) : cell.text + " ".repeat(width - countCodePoints(cell.text));
  }
  return text + rest;
}

function countCodePoints(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xdc00 && unit <= 0xdfff) count -= 1;
  }
  return count;
}
