import { describe, expect, it } from "vitest";
import { SummarySeries } from "./summary-series.ts";

function rendered(series: SummarySeries): readonly string[] {
  const lines: string[] = [];
  series.render("m", 'a="b"', lines);
  return lines;
}

describe("SummarySeries", () => {
  it("shows quantiles of what was observed lately, with the count and sum of all", () => {
    let now = 0;
    const series = new SummarySeries(() => now);
    expect(rendered(series)[0]).toBe('m{a="b",quantile="0.5"} NaN');
    for (let value = 1; value <= 100; value += 1) series.observe(value);
    expect(rendered(series)).toEqual([
      'm{a="b",quantile="0.5"} 50',
      'm{a="b",quantile="0.9"} 90',
      'm{a="b",quantile="0.99"} 99',
      'm_sum{a="b"} 5050',
      'm_count{a="b"} 100',
    ]);
    now = 601_000;
    series.observe(7);
    expect(rendered(series).slice(2)).toEqual(['m{a="b",quantile="0.99"} 7', 'm_sum{a="b"} 5057', 'm_count{a="b"} 101']);
  });

  it("keeps the newest thousand observations only", () => {
    const series = new SummarySeries(() => 0);
    for (let value = 0; value < 10_000; value += 1) series.observe(value);
    expect(rendered(series)[0]).toBe('m{a="b",quantile="0.5"} 9487');
  });
});
