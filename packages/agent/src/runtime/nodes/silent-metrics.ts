import type { MetricsScope } from "../options.ts";

const series = { inc: (): void => {}, set: (): void => {}, observe: (): void => {} };
const family = { with: () => series, remove: (): void => {} };

/** Metrics that nobody sees: those of the children of a `foreach`, which may be very many. */
export const silentMetrics: MetricsScope = {
  counter: () => family,
  gauge: () => family,
  histogram: () => family,
  summary: () => family,
  scope: () => silentMetrics,
  onCollect: () => {},
  close: () => {},
};
