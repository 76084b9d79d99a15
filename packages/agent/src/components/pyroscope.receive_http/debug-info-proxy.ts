import type { DebugInfoClient, DebugInfoMethod } from "../../component/debug-info-client.ts";
import type { Counter, MetricFamily, Metrics } from "../../component/metrics.ts";
import type { ProfileReceiver } from "../../component/receiver.ts";
import { debugInfoClientsOf, DeliveryError } from "../../component/receiver.ts";
import { bodyChunks } from "../../http/server/body.ts";
import { serveUnary } from "../../http/rpc/serve-unary.ts";
import type { IncomingRequest, OutgoingResponse } from "../../http/server/exchange.ts";
import { disconnectController, respond, respondText } from "../../http/server/exchange.ts";
import { maxBodyBytes } from "./read-content.ts";
import type { RouteName } from "./route.ts";

export type DebugInfoRoute = Exclude<RouteName, "ingest" | "push">;

const noEndpoint = "no downstream endpoints available";

const methods: Readonly<Record<Exclude<DebugInfoRoute, "upload">, DebugInfoMethod>> = {
  should_initiate_upload: "ShouldInitiateUpload",
  upload_finished: "UploadFinished",
};

export interface DebugInfoProxyOptions {
  /** Asked for each request anew. */
  readonly receivers: () => readonly ProfileReceiver[];
  /** How long passing on one file may take, milliseconds; asked for each upload anew. */
  readonly uploadTimeoutMs: () => number;
  readonly metrics: Metrics;
}

/**
 * `debuginfo.v1alpha1.DebuginfoService`: passes debug information on to the first endpoint down the pipeline, as it comes in; files are never held in
 * memory. Without an endpoint uploaders are told so.
 */
export class DebugInfoProxy {
  readonly #options: DebugInfoProxyOptions;
  readonly #calls: MetricFamily<Counter, "method" | "result">;

  constructor(options: DebugInfoProxyOptions) {
    this.#options = options;
    this.#calls = options.metrics.counter({
      name: "pyroscope_receive_http_debuginfo_downstream_calls_total",
      help: "Total number of downstream debuginfo calls made by the receive_http proxy, labeled by method and result.",
      labels: ["method", "result"],
    });
  }

  async serve(route: DebugInfoRoute, request: IncomingRequest, response: OutgoingResponse): Promise<void> {
    if (route === "upload") return this.#upload(request, response);
    const method = methods[route];
    await serveUnary(request, response, {
      maxBytes: maxBodyBytes,
      handle: (message, codec, context) => this.#counted(method, (client) => client.call({ method, codec, message }, context)),
    });
  }

  async #upload(request: IncomingRequest, response: OutgoingResponse): Promise<void> {
    const buildId = decodePath((request.url ?? "").split("?", 1)[0]?.split("/").at(-1) ?? "");
    const context = { signal: disconnectController(response).signal, deadline: Date.now() + this.#options.uploadTimeoutMs() };
    // Whoever stops in the middle must not break the connection: the uploader is to hear why.
    const content = bodyChunks(request);
    try {
      await this.#counted("Upload", (client) => client.upload(buildId, content, context));
      respond(response, 200, {});
    } catch (thrown) {
      const error = DeliveryError.from(thrown);
      request.resume();
      if (error instanceof NoEndpointError) respondText(response, 503, noEndpoint);
      else respondText(response, 502, `downstream upload: ${error.message}`);
    }
  }

  async #counted<T>(method: DebugInfoMethod | "Upload", run: (client: DebugInfoClient) => Promise<T>): Promise<T> {
    try {
      const [client] = debugInfoClientsOf(this.#options.receivers());
      if (client === undefined) throw new NoEndpointError();
      const result = await run(client);
      this.#calls.with({ method, result: "success" }).inc();
      return result;
    } catch (error) {
      this.#calls.with({ method, result: "failure" }).inc();
      throw error;
    }
  }
}

class NoEndpointError extends DeliveryError {
  constructor() {
    super(noEndpoint, { code: "unavailable", retryable: true });
  }
}

/** A path segment that is no valid escape is taken as it is. */
function decodePath(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
