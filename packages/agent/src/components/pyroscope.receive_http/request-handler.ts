import type { JourneyHop } from "../../component/journey.ts";
import { unknownSubject } from "../../component/journey.ts";
import type { Logger } from "../../component/logger.ts";
import { DeliveryMemory } from "../../component/delivery-memory.ts";
import type { ProfileReceiver } from "../../component/receiver.ts";
import { DeliveryError } from "../../component/receiver.ts";
import { serveUnary } from "../../http/rpc/serve-unary.ts";
import type { BodyBudget } from "../../http/server/body-budget.ts";
import { BodyMemory } from "../../http/server/body-memory.ts";
import type { IncomingRequest, OutgoingResponse } from "../../http/server/exchange.ts";
import { respond, respondText } from "../../http/server/exchange.ts";
import type { Deliveries } from "./deliveries.ts";
import type { DebugInfoProxy } from "./debug-info-proxy.ts";
import { handleIngest } from "./handle-ingest.ts";
import { LabelsCache } from "./labels-cache.ts";
import { PushReceiver } from "./push-receiver.ts";
import { maxBodyBytes } from "./read-content.ts";
import type { Route, RouteName } from "./route.ts";
import { routeOf } from "./route.ts";
import { tenantOfRequest } from "./sender-tenant.ts";

export interface RequestHandlerOptions {
  /** Asked for each request anew. */
  readonly receivers: () => readonly ProfileReceiver[];
  readonly deliveries: Deliveries;
  readonly debugInfo: DebugInfoProxy;
  /** Headers that may name the tenant; asked for each request anew. */
  readonly tenantHeaders: () => readonly string[];
  readonly hop: JourneyHop;
  /** What the bodies of all requests count in. */
  readonly budget: BodyBudget;
  readonly log: Logger;
}

/** Answers every request of the server. Errors of ours are logged and answered with 500, never thrown. */
export class RequestHandler {
  readonly #options: RequestHandlerOptions;
  readonly #ingestLabels = new LabelsCache();
  readonly #ingestMemory = new DeliveryMemory();
  readonly #push: PushReceiver;
  readonly #bodies = new BodyMemory();

  constructor(options: RequestHandlerOptions) {
    this.#options = options;
    this.#push = new PushReceiver(options.hop);
  }

  handle(request: IncomingRequest, response: OutgoingResponse): void {
    this.#answer(request, response).catch((error: unknown) => {
      const err = error instanceof Error ? error : new Error(String(error));
      this.#options.log.error("failed to handle request", { method: request.method, path: request.url, err });
      respondText(response, 500, "Failed to process request");
    });
  }

  #answer(request: IncomingRequest, response: OutgoingResponse): Promise<void> {
    const { method = "", url = "" } = request;
    const mark = url.indexOf("?");
    const route = routeOf(method, mark < 0 ? url : url.slice(0, mark));
    if (typeof route === "object" || route === "not_found" || route === "method_not_allowed") {
      return this.#refuse(route, mark < 0 ? "" : url.slice(mark), request, response);
    }
    return this.#serve(route, request, response);
  }

  /** `query` with its `?`, empty for none. */
  async #refuse(route: Exclude<Route, RouteName>, query: string, request: IncomingRequest, response: OutgoingResponse): Promise<void> {
    request.resume();
    if (route === "not_found") respondText(response, 404, "404 page not found");
    else if (route === "method_not_allowed") respond(response, 405, {});
    else respond(response, 301, { location: `${route.redirectTo}${query}` });
  }

  /** Throws a `DeliveryError` when it is one that no server would take. */
  #tenantOf(request: IncomingRequest): string {
    const { tenantHeaders, hop } = this.#options;
    try {
      return tenantOfRequest(request, tenantHeaders());
    } catch (error) {
      hop.note("rejected", unknownSubject, 1, DeliveryError.from(error).message);
      throw error;
    }
  }

  #serve(route: RouteName, request: IncomingRequest, response: OutgoingResponse): Promise<void> {
    const { receivers, deliveries, debugInfo, tenantHeaders, hop, budget, log } = this.#options;
    switch (route) {
      case "push":
        return serveUnary(request, response, {
          maxBytes: maxBodyBytes,
          budget,
          memory: this.#bodies,
          unread: (text) => hop.note("rejected", unknownSubject, 1, text),
          handle: (message, codec, context) =>
            deliveries.run(context.caller, () => {
              const tenant = this.#tenantOf(request);
              return this.#push.push({ message, codec, tenant }, receivers(), context);
            }),
        });
      case "ingest":
        return handleIngest(request, response, {
          receivers: receivers(),
          deliveries,
          labels: this.#ingestLabels,
          memory: this.#ingestMemory,
          tenantHeaders: tenantHeaders(),
          hop,
          budget,
          bodies: this.#bodies,
          log,
        });
      default:
        return debugInfo.serve(route, request, response);
    }
  }
}
