import type { StackTable } from "./stack-table.ts";
import type { StackTotals } from "./stack-totals.ts";

const twoTo32 = 0x1_0000_0000;

/** Which columns of a profile's values are counters that only rise. */
export interface ValueLayout {
  /** Number of sample types. */
  readonly width: number;
  /** Indexes of those that count from the program's start. */
  readonly counters: readonly number[];
}

/**
 * Turns the counters in `totals` into what they rose by since the table's base; the other values stay. `counters` are those of {@link countersOf}.
 *
 * A counter that fell was reset. When the counters of all stacks that the base knows fell in sum, for one of the columns, the program was restarted: then
 * the values are since its start and are taken as they are. A single one that falls while the sum does not is no restart but noise of its source; it
 * counts as zero, because its whole value would be a rise that never was.
 */
export function subtractBase(totals: StackTotals, counters: Int32Array, table: StackTable, layout: ValueLayout, known: number): void {
  const { base } = table;
  const restarted = layout.counters.some((_, counter) => hasFallen(totals, counters, base, counter, layout.counters.length, known));
  if (!restarted) subtract(totals, base, layout, known);
}

/** The counters of the stacks in `totals`, in their order: what the base will be for them. */
export function countersOf(totals: StackTotals, { width, counters }: ValueLayout): Int32Array<ArrayBuffer> {
  const result = new Int32Array(totals.entries.length * counters.length * 2);
  const values = totals.values.items;
  let to = 0;
  for (let place = 0; place < totals.entries.length; place += 1) {
    for (const column of counters) {
      const from = (place * width + column) * 2;
      result[to++] = values[from] as number;
      result[to++] = values[from + 1] as number;
    }
  }
  return result;
}

/** Whether one counter is lower than before in sum over the stacks known before. */
function hasFallen(totals: StackTotals, present: Int32Array, base: Int32Array, counter: number, counters: number, known: number): boolean {
  let sum = 0;
  for (let place = 0; place < totals.entries.length; place += 1) {
    const entry = totals.entries.items[place] as number;
    if (entry >= known) continue;
    const now = (place * counters + counter) * 2;
    const before = (entry * counters + counter) * 2;
    const low = ((present[now] as number) >>> 0) - ((base[before] as number) >>> 0);
    sum += ((present[now + 1] as number) - (base[before + 1] as number)) * twoTo32 + low;
  }
  return sum < 0;
}

function subtract(totals: StackTotals, base: Int32Array, { width, counters }: ValueLayout, known: number): void {
  const values = totals.values.items;
  for (let place = 0; place < totals.entries.length; place += 1) {
    const entry = totals.entries.items[place] as number;
    if (entry >= known) continue;
    for (let counter = 0; counter < counters.length; counter += 1) {
      const from = (entry * counters.length + counter) * 2;
      const to = (place * width + (counters[counter] as number)) * 2;
      const low = ((values[to] as number) >>> 0) - ((base[from] as number) >>> 0);
      const high = ((values[to + 1] as number) - (base[from + 1] as number) - (low < 0 ? 1 : 0)) | 0;
      values[to] = high < 0 ? 0 : low;
      values[to + 1] = high < 0 ? 0 : high;
    }
  }
}
