import { textFormatContentType } from "../metrics/text-format.ts";
import type { AdminBackend } from "./backend.ts";
import { sendCompressed } from "./compressed.ts";
import { apiRoutes, componentRoutes } from "./api-routes.ts";
import type { Exchange } from "./exchange.ts";
import { sendError, sendLine } from "./exchange.ts";
import type { PageOptions } from "./page.ts";
import { pageRoutes } from "./page.ts";
import { pprofRoutes } from "./pprof-route.ts";
import type { Route } from "./router.ts";
import { supportRoutes } from "./support-route.ts";

export interface RouteOptions extends PageOptions {
  readonly supportBundle: boolean;
}

/** All routes of the program's HTTP server. What is not below the prefix stands at the same place always: probes and scrapers rely on it. */
export function adminRoutes(backend: AdminBackend, options: RouteOptions): readonly Route[] {
  return [
    ...operationRoutes(backend),
    ...supportRoutes(options.supportBundle),
    ...(options.pprof ? pprofRoutes() : []),
    ...componentRoutes(backend),
    { path: "/api/v1/ckit/transport/*", handle: (exchange) => sendError(exchange, 404, "clustering is disabled") },
    ...apiRoutes(backend, `${options.prefix}api/v0/web`),
    ...pageRoutes(options),
  ];
}

function operationRoutes(backend: AdminBackend): Route[] {
  return [
    { path: "/-/ready", handle: (exchange) => sendLine(exchange, 200, "flameline is ready.") },
    { path: "/-/healthy", handle: (exchange) => sendHealth(backend, exchange) },
    { path: "/-/reload", methods: ["GET", "POST"], handle: (exchange) => reload(backend, exchange) },
    { path: "/metrics", handle: (exchange) => sendCompressed(exchange, textFormatContentType, backend.metrics()) },
  ];
}

function sendHealth(backend: AdminBackend, exchange: Exchange): void {
  const names = backend.unhealthyNames();
  if (names.length === 0) sendLine(exchange, 200, "All flameline components are healthy.");
  else sendError(exchange, 500, `unhealthy components: ${names.join(", ")}`);
}

async function reload(backend: AdminBackend, exchange: Exchange): Promise<void> {
  const problem = await backend.reload();
  if (problem === undefined) sendLine(exchange, 200, "config reloaded");
  else sendError(exchange, 400, problem);
}
