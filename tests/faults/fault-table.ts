/** One line of the table of faults. */
export interface FaultRow {
  readonly test: string;
  readonly sent: number;
  readonly acknowledged: number;
  /** Different profiles that the endpoint has taken. */
  readonly arrived: number;
  /** How many were taken again. */
  readonly duplicates: number;
  readonly expired: number;
  readonly evicted: number;
  readonly rejected: number;
  /** What else is worth knowing, such as the most memory that was used. */
  readonly note?: string;
}

const columns = ["sent", "acknowledged", "arrived", "duplicates", "expired", "evicted", "rejected"] as const;

/** Prints a line of the table, for people and for `grep '^| fault'`. */
export function printRow(row: FaultRow): void {
  const counts = columns.map((column) => `${column} ${row[column]}`);
  process.stdout.write(`| fault | ${[row.test, ...counts].join(" | ")} | ${row.note ?? ""} |\n`);
}
