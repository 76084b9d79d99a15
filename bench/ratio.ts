/** One measured figure beside its yardstick's, from the same run. */
export interface Ratio {
  readonly name: string;
  readonly ours: number;
  readonly yardstick: number;
  readonly unit: string;
  /** What `ours / yardstick` should not exceed; undefined where nothing is promised. */
  readonly goal: number | undefined;
  /** Resident memory of our process at the end, and what it should not exceed. */
  readonly rssMb?: number | undefined;
  readonly rssGoalMb?: number | undefined;
  /** How long 99 of 100 answers took at most. */
  readonly p99Ms?: number | undefined;
}

/** A table with a line a ratio. */
export function formatRatios(ratios: readonly Ratio[]): string {
  const rows = ratios.map(({ name, ours, yardstick, unit, goal, rssMb, rssGoalMb, p99Ms }) => {
    const ratio = ours / yardstick;
    return [
      name,
      `${figure(ours)} ${unit}`,
      `${figure(yardstick)} ${unit}`,
      ratio.toFixed(2),
      goal === undefined ? "" : `≤ ${goal.toFixed(2)}`,
      goal === undefined ? "" : ratio <= goal ? "reached" : "not yet",
      rssMb === undefined ? "" : `${rssMb.toFixed(0)} MB${rssGoalMb === undefined ? "" : ` (≤ ${rssGoalMb})`}`,
      p99Ms === undefined ? "" : `${figure(p99Ms)} ms`,
    ];
  });
  const table = [["benchmark", "flameline", "yardstick", "ratio", "goal", "", "RSS", "p99"], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return table
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function figure(value: number): string {
  return value.toPrecision(3);
}
