import type { Counter, Gauge, Histogram } from "../component/metrics.ts";
import { formatNumber } from "./text-format.ts";

/** One line of the text format for counters and gauges, several for histograms. */
export interface Series {
  /** Appends lines `name{labels} value` to `lines`; `labels` is the inner text, `a="1",b="2"`, empty when there are none. */
  render(name: string, labels: string, lines: string[]): void;
}

export class CounterSeries implements Counter, Series {
  #value = 0;

  /** @throws RangeError for a negative step: a counter never goes down. */
  inc(by = 1): void {
    if (!(by >= 0)) throw new RangeError(`a counter cannot grow by ${by}`);
    this.#value += by;
  }

  /** For totals that something else counts, e.g. the kernel. Must not be lower than what was set before. */
  advanceTo(total: number): void {
    this.#value = total;
  }

  render(name: string, labels: string, lines: string[]): void {
    lines.push(line(name, labels, this.#value));
  }
}

export class GaugeSeries implements Gauge, Series {
  #value = 0;

  set(value: number): void {
    this.#value = value;
  }

  inc(by = 1): void {
    this.#value += by;
  }

  render(name: string, labels: string, lines: string[]): void {
    lines.push(line(name, labels, this.#value));
  }
}

export class HistogramSeries implements Histogram, Series {
  readonly #bounds: readonly number[];
  /** One count for each bound and one for what is above the last; not cumulative. */
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.#bounds.length && value > (this.#bounds[at] ?? Infinity)) at += 1;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += value;
  }

  render(name: string, labels: string, lines: string[]): void {
    const before = labels === "" ? "" : `${labels},`;
    let total = 0;
    for (const [at, count] of this.#counts.entries()) {
      total += count;
      lines.push(line(`${name}_bucket`, `${before}le="${formatNumber(this.#bounds[at] ?? Infinity)}"`, total));
    }
    lines.push(line(`${name}_sum`, labels, this.#sum), line(`${name}_count`, labels, total));
  }
}

/** One sample as a line of the text format. */
export function line(name: string, labels: string, value: number): string {
  return labels === "" ? `${name} ${formatNumber(value)}` : `${name}{${labels}} ${formatNumber(value)}`;
}
