import type { Gauge, Histogram, MetricFamily, Metrics } from "../../component/metrics.ts";
import { bodyBytesRead } from "./body.ts";
import type { IncomingRequest, OutgoingResponse } from "./exchange.ts";
import { bodyBytesSent } from "./exchange.ts";

const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100];

const sizeBuckets = [1, 2.5, 5, 10, 25, 50, 100, 250].map((megabytes) => megabytes * 1024 * 1024);

/** Methods are chosen by clients: any other than these counts as `other`, so that nobody can make series without end. */
const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PRI"]);

/** Status of requests whose client left before the answer began. */
const clientGone = 499;

interface RouteSeries {
  readonly inflight: Gauge;
  readonly received: Histogram;
  readonly sent: Histogram;
  readonly durations: Map<number, Histogram>;
}

/** The metrics of one HTTP server. `prefix` is e.g. `pyroscope_receive_http`; `route` names a request for the `route` label and must have few results. */
export class HttpServerMetrics {
  readonly #connections: Gauge;
  readonly #limit: Gauge;
  readonly #duration: MetricFamily<Histogram, "method" | "route" | "status_code" | "ws">;
  readonly #received: MetricFamily<Histogram, "method" | "route">;
  readonly #sent: MetricFamily<Histogram, "method" | "route">;
  readonly #inflight: MetricFamily<Gauge, "method" | "route">;
  readonly #route: (request: IncomingRequest) => string;
  readonly #series = new Map<string, RouteSeries>();

  constructor(metrics: Metrics, prefix: string, route: (request: IncomingRequest) => string) {
    const protocol = { labels: ["protocol"] } as const;
    const perRoute = { labels: ["method", "route"] } as const;
    this.#connections = metrics
      .gauge({ name: `${prefix}_tcp_connections`, help: "Current number of accepted TCP connections.", ...protocol })
      .with({ protocol: "http" });
    this.#limit = metrics
      .gauge({
        name: `${prefix}_tcp_connections_limit`,
        help: "The max number of TCP connections that can be accepted (0 means no limit).",
        ...protocol,
      })
      .with({ protocol: "http" });
    this.#duration = metrics.histogram({
      name: `${prefix}_request_duration_seconds`,
      help: "Time (in seconds) spent serving HTTP requests.",
      labels: ["method", "route", "status_code", "ws"],
      buckets: durationBuckets,
    });
    this.#received = metrics.histogram({
      name: `${prefix}_request_message_bytes`,
      help: "Size (in bytes) of messages received in the request.",
      ...perRoute,
      buckets: sizeBuckets,
    });
    this.#sent = metrics.histogram({
      name: `${prefix}_response_message_bytes`,
      help: "Size (in bytes) of messages sent in response.",
      ...perRoute,
      buckets: sizeBuckets,
    });
    this.#inflight = metrics.gauge({ name: `${prefix}_inflight_requests`, help: "Current number of inflight requests.", ...perRoute });
    this.#route = route;
  }

  connections(open: number): void {
    this.#connections.set(open);
  }

  connectionLimit(limit: number): void {
    this.#limit.set(limit);
  }

  /** Counts a request from now on. What it returns is to be called when its answer is sent or its client has gone. */
  observe(request: IncomingRequest, response: OutgoingResponse): () => void {
    const method = methods.has(request.method ?? "") ? (request.method ?? "") : "other";
    const route = this.#route(request);
    const series = this.#seriesOf(method, route);
    const begun = performance.now();
    series.inflight.inc(1);
    return () => {
      series.inflight.inc(-1);
      series.received.observe(bodyBytesRead(request));
      series.sent.observe(bodyBytesSent(response));
      const status = response.headersSent ? response.statusCode : clientGone;
      this.#durationOf(series, method, route, status).observe((performance.now() - begun) / 1000);
    };
  }

  #seriesOf(method: string, route: string): RouteSeries {
    const key = `${method} ${route}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      const labels = { method, route };
      series = {
        inflight: this.#inflight.with(labels),
        received: this.#received.with(labels),
        sent: this.#sent.with(labels),
        durations: new Map(),
      };
      this.#series.set(key, series);
    }
    return series;
  }

  #durationOf({ durations }: RouteSeries, method: string, route: string, status: number): Histogram {
    let duration = durations.get(status);
    if (duration === undefined) {
      duration = this.#duration.with({ method, route, status_code: String(status), ws: "false" });
      durations.set(status, duration);
    }
    return duration;
  }
}

/**
 * A path pattern as a value of the `route` label: lower case, each run of other characters one `_`: `/push.v1.PusherService/` is
 * `push_v1_pusherservice`.
 */
export function routeName(path: string): string {
  return path
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_|_$/g, "");
}
