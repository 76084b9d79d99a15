/** One measured figure beside its yardstick's, from the same run. */
export interface Ratio {
  readonly name: string;
  readonly ours: number;
  readonly yardstick: number;
  readonly unit: string;
  /** What `ours / yardstick` should not exceed. */
  readonly goal: number;
}

/** A table with a line a ratio. */
export function formatRatios(ratios: readonly Ratio[]): string {
  const rows = ratios.map(({ name, ours, yardstick, unit, goal }) => {
    const ratio = ours / yardstick;
    return [
      name,
      `${figure(ours)} ${unit}`,
      `${figure(yardstick)} ${unit}`,
      ratio.toFixed(2),
      `≤ ${goal.toFixed(2)}`,
      ratio <= goal ? "reached" : "not yet",
    ];
  });
  const table = [["benchmark", "flameline", "yardstick", "ratio", "goal", ""], ...rows];
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
