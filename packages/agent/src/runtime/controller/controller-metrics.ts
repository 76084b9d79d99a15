import type { Counter, Gauge, Histogram, MetricFamily } from "../../component/index.ts";
import type { MetricsScope } from "../options.ts";

const evaluationBuckets: readonly number[] = [0.005, 0.025, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600];

/** From this many seconds on an evaluation counts as slow. */
const slowSeconds = 60;

/** Two components of which the first sends to the second. */
export interface Connection {
  readonly from: string;
  readonly to: string;
}

/** The metrics of one controller. Names, labels and texts are the reference's. */
export class ControllerMetrics {
  readonly evaluating: Gauge;
  readonly queueSize: Gauge;
  /** From the change of an export to the evaluation of what depends on it, in seconds. */
  readonly dependenciesWait: Histogram;
  readonly #scope: MetricsScope;
  readonly #running: MetricFamily<Gauge, "health_type">;
  readonly #evaluation: Histogram;
  readonly #slow: MetricFamily<Counter, "component_id">;
  readonly #connections: MetricFamily<Gauge, "from" | "to">;
  #connected: readonly Connection[] = [];

  /** `healthStates` lists the health of every running component, asked for before the metrics are read. */
  constructor(scope: MetricsScope, healthStates: () => readonly string[]) {
    this.#scope = scope;
    this.evaluating = scope
      .gauge({
        name: "alloy_component_controller_evaluating",
        help: "Tracks if the controller is currently in the middle of a graph evaluation",
      })
      .with({});
    this.queueSize = scope
      .gauge({
        name: "alloy_component_evaluation_queue_size",
        help: "Tracks the number of components waiting to be evaluated in the worker pool",
      })
      .with({});
    this.dependenciesWait = scope
      .histogram({
        name: "alloy_component_dependencies_wait_seconds",
        help: "Time spent by components waiting to be evaluated after their dependency is updated.",
        buckets: evaluationBuckets,
      })
      .with({});
    this.#evaluation = scope
      .histogram({
        name: "alloy_component_evaluation_seconds",
        help: "Time spent performing component evaluation",
        buckets: evaluationBuckets,
      })
      .with({});
    this.#slow = scope.counter({
      name: "alloy_component_evaluation_slow_seconds",
      help: `Number of seconds spent evaluating components that take longer than ${slowSeconds / 60}m to evaluate`,
      labels: ["component_id"],
    });
    this.#running = scope.gauge({
      name: "alloy_component_controller_running_components",
      help: "Total number of running components.",
      labels: ["health_type"],
    });
    this.#connections = scope.gauge({
      name: "alloy_component_graph_connection",
      help: "Indicates that two components are connected in the graph",
      labels: ["from", "to"],
    });
    scope.onCollect(() => this.#countRunning(healthStates()));
  }

  observeEvaluation(componentId: string, seconds: number): void {
    this.#evaluation.observe(seconds);
    if (seconds >= slowSeconds) this.#slow.with({ component_id: componentId }).inc(seconds);
  }

  setConnections(connections: readonly Connection[]): void {
    for (const { from, to } of this.#connected) this.#connections.remove({ from, to });
    for (const { from, to } of connections) this.#connections.with({ from, to }).set(1);
    this.#connected = connections;
  }

  close(): void {
    this.#scope.close();
  }

  #countRunning(states: readonly string[]): void {
    const counts = new Map<string, number>();
    for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
    for (const state of ["healthy", "unhealthy", "unknown", "exited"]) {
      const count = counts.get(state);
      if (count === undefined) this.#running.remove({ health_type: state });
      else this.#running.with({ health_type: state }).set(count);
    }
  }
}
