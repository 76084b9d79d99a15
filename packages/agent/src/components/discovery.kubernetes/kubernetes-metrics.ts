import type { Counter, Metrics } from "../../component/index.ts";

const roles = ["endpointslice", "endpoints", "node", "pod", "service", "ingress"] as const;
const events = ["add", "delete", "update"] as const;

type EventName = (typeof events)[number];

/** What the reference counts of the changes that come from API servers. */
export class KubernetesMetrics {
  /** Lists and watches that failed. */
  readonly failures: Counter;
  readonly #events = new Map<string, Counter>();

  constructor(metrics: Metrics) {
    const counter = metrics.counter({
      name: "prometheus_sd_kubernetes_events_total",
      help: "Objects of Kubernetes that came, changed or went.",
      labels: ["event", "role"],
    });
    for (const role of roles) for (const event of events) this.#events.set(`${role} ${event}`, counter.with({ role, event }));
    this.failures = metrics
      .counter({ name: "prometheus_sd_kubernetes_failures_total", help: "Lists and watches of Kubernetes objects that failed." })
      .with({});
  }

  count(role: string, event: EventName, by = 1): void {
    this.#events.get(`${role} ${event}`)?.inc(by);
  }
}
