import type { Counter, MetricFamily, Metrics } from "../../component/metrics.ts";
import { DeliveryError } from "../../component/receiver.ts";
import { serveUnary } from "../../http/rpc/serve-unary.ts";
import type { IncomingRequest, OutgoingResponse } from "../../http/server/exchange.ts";
import { respondText } from "../../http/server/exchange.ts";
import { maxBodyBytes } from "./read-content.ts";
import type { RouteName } from "./route.ts";

export type DebugInfoRoute = Exclude<RouteName, "ingest" | "push">;

const noEndpoint = "no downstream endpoints available";

const methods: Readonly<Record<DebugInfoRoute, string>> = {
  should_initiate_upload: "ShouldInitiateUpload",
  upload_finished: "UploadFinished",
  upload: "Upload",
};

/** `debuginfo.v1alpha1.DebuginfoService`: no receiver of this program takes debug information, and uploaders are told so. */
export class DebugInfoProxy {
  readonly #calls: MetricFamily<Counter, "method" | "result">;

  constructor(metrics: Metrics) {
    this.#calls = metrics.counter({
      name: "pyroscope_receive_http_debuginfo_downstream_calls_total",
      help: "Total number of downstream debuginfo calls made by the receive_http proxy, labeled by method and result.",
      labels: ["method", "result"],
    });
  }

  async serve(route: DebugInfoRoute, request: IncomingRequest, response: OutgoingResponse): Promise<void> {
    this.#calls.with({ method: methods[route], result: "failure" }).inc();
    if (route === "upload") {
      request.resume();
      respondText(response, 503, noEndpoint);
      return;
    }
    await serveUnary(request, response, {
      maxBytes: maxBodyBytes,
      handle: () => Promise.reject(new DeliveryError(noEndpoint, { code: "unavailable", retryable: true })),
    });
  }
}
