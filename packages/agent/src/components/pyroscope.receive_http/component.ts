import { once } from "node:events";
import type { Component } from "../../component/define.ts";
import { defineComponent } from "../../component/define.ts";
import { BodyBudget } from "../../http/server/body-budget.ts";
import { HttpServerMetrics } from "../../http/server/metrics.ts";
import type { ReceiveHttpArguments } from "./arguments.ts";
import { receiveHttpFields, validateReceiveHttp } from "./arguments.ts";
import { registerBudgetMetrics } from "./budget-metrics.ts";
import { Deliveries, deliveryGraceMs } from "./deliveries.ts";
import { DebugInfoProxy } from "./debug-info-proxy.ts";
import type { ReceiverServerSettings } from "./receiver-server.ts";
import { ReceiverServer } from "./receiver-server.ts";
import { RequestHandler } from "./request-handler.ts";
import { bringsProfiles, isUpload, routeLabel } from "./route.ts";

export const pyroscopeReceiveHttp: Component = defineComponent({
  name: "pyroscope.receive_http",
  stability: "generally-available",
  doc: "Receives profiles over HTTP: from Pyroscope SDKs at `/ingest`, from other collectors through the push API as Connect, gRPC or gRPC-web.",
  arguments: receiveHttpFields,
  validate: validateReceiveHttp,
  exports: {},
  async build({ id, services, metrics, log }, args) {
    let inForce = args;
    const deliveries = new Deliveries();
    const budget = new BodyBudget(args.max_pending_bytes);
    registerBudgetMetrics(metrics, budget);
    const handler = new RequestHandler({
      receivers: () => inForce.forward_to,
      deliveries,
      debugInfo: new DebugInfoProxy({
        receivers: () => inForce.forward_to,
        uploadTimeoutMs: () => inForce.debug_info_upload_timeout,
        metrics,
      }),
      tenantHeaders: () => inForce.tenant_headers,
      hop: services.journey.hop(id),
      budget,
      log,
    });
    const server = await ReceiverServer.start(
      {
        id,
        handler: (request, response) => handler.handle(request, response),
        bringsProfiles,
        timeLimitOf: ({ method = "", url = "" }) => (isUpload(method, url) ? inForce.debug_info_upload_timeout : undefined),
        metrics: new HttpServerMetrics(metrics, "pyroscope_receive_http", ({ method = "", url = "" }) => routeLabel(method, url)),
        ownAddresses: services.ownAddresses,
        log,
      },
      settingsOf(args),
    );
    const stop = async (): Promise<void> => {
      const timer = setTimeout(() => deliveries.end(), deliveryGraceMs);
      await server.stop();
      clearTimeout(timer);
    };
    return {
      async update(changed) {
        await server.update(settingsOf(changed));
        inForce = changed;
        budget.maxBytes = changed.max_pending_bytes;
      },
      stepAside: () => server.stepAside(),
      async run(signal) {
        log.info("starting server", { port: server.port });
        if (!signal.aborted) await once(signal, "abort");
        log.info("terminating due to context done");
        await stop();
      },
      discard: stop,
    };
  },
});

function settingsOf(args: ReceiveHttpArguments): ReceiverServerSettings {
  return { http: args.http, graceMs: args.graceful_shutdown_timeout };
}
