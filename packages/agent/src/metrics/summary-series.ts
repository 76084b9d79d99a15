import type { Summary } from "../component/metrics.ts";
import { line, type Series } from "./series.ts";
import { formatNumber } from "./text-format.ts";

const quantiles: readonly number[] = [0.5, 0.9, 0.99];

/** Observations older than this do not count for quantiles, milliseconds. */
const maxAgeMs = 10 * 60_000;

/** Quantiles are those of at most so many observations, the newest. */
const maxObservations = 1024;

interface Observation {
  readonly value: number;
  readonly at: number;
}

/** Exact quantiles of what was observed lately, with the count and the sum of all. A quantile of nothing is NaN, as in Prometheus' own libraries. */
export class SummarySeries implements Summary, Series {
  readonly #now: () => number;
  #recent: Observation[] = [];
  #count = 0;
  #sum = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  observe(value: number): void {
    this.#count += 1;
    this.#sum += value;
    this.#recent.push({ value, at: this.#now() });
    if (this.#recent.length >= 2 * maxObservations) this.#recent = this.#recent.slice(-maxObservations);
  }

  render(name: string, labels: string, lines: string[]): void {
    const before = labels === "" ? "" : `${labels},`;
    const oldest = this.#now() - maxAgeMs;
    this.#recent = this.#recent.slice(-maxObservations).filter(({ at }) => at >= oldest);
    const sorted = this.#recent.map(({ value }) => value).sort((a, b) => a - b);
    for (const quantile of quantiles) {
      const value = sorted[Math.ceil(quantile * sorted.length) - 1] ?? Number.NaN;
      lines.push(line(name, `${before}quantile="${formatNumber(quantile)}"`, value));
    }
    lines.push(line(`${name}_sum`, labels, this.#sum), line(`${name}_count`, labels, this.#count));
  }
}
