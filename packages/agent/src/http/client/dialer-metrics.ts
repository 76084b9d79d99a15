import type { Counter, Metrics } from "../../component/metrics.ts";
import type { HttpFailure } from "./http-client-error.ts";

const reasons = ["resolution", "refused", "timeout", "unknown"] as const;

type Reason = (typeof reasons)[number];

/** The connections of one client, under the names that the reference's library gives them. Every series exists from the start. */
export class DialerMetrics {
  readonly attempted: Counter;
  readonly established: Counter;
  readonly closed: Counter;
  readonly #failed: ReadonlyMap<Reason, Counter>;

  constructor(metrics: Metrics, dialerName: string) {
    const labels = { dialer_name: dialerName };
    const count = (event: string, help: string): Counter =>
      metrics.counter({ name: `net_conntrack_dialer_conn_${event}_total`, help, labels: ["dialer_name"] }).with(labels);
    this.attempted = count("attempted", "Total number of connections attempted by the given dialer a given name.");
    this.established = count("established", "Total number of connections successfully established by the given dialer a given name.");
    this.closed = count("closed", "Total number of connections closed which originated from the dialer of a given name.");
    const failed = metrics.counter({
      name: "net_conntrack_dialer_conn_failed_total",
      help: "Total number of connections failed to dial by the dialer a given name.",
      labels: ["dialer_name", "reason"],
    });
    this.#failed = new Map(reasons.map((reason) => [reason, failed.with({ ...labels, reason })]));
  }

  failed(failure: HttpFailure): void {
    this.#failed.get(reasonOf(failure))?.inc();
  }
}

function reasonOf(failure: HttpFailure): Reason {
  if (failure === "dns") return "resolution";
  return failure === "refused" || failure === "timeout" ? failure : "unknown";
}
