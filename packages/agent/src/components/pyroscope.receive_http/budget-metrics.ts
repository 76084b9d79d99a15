import type { Metrics } from "../../component/metrics.ts";
import type { BodyBudget } from "../../http/server/body-budget.ts";

/** What the budget for bodies holds and has refused, looked up when metrics are asked for. */
export function registerBudgetMetrics(metrics: Metrics, budget: BodyBudget): void {
  const pending = metrics.gauge({
    name: "flameline_receive_http_pending_bytes",
    help: "Bytes that the bodies of requests in progress take in memory.",
  });
  const refused = metrics.counter({
    name: "flameline_receive_http_refused_requests_total",
    help: "Requests that were asked to come again because bodies took max_pending_bytes already.",
  });
  let counted = 0;
  metrics.onCollect(() => {
    pending.with({}).set(budget.heldBytes);
    refused.with({}).inc(budget.refused - counted);
    counted = budget.refused;
  });
}
