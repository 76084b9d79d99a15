import type { Logger } from "../component/logger.ts";
import type { RequestHandler } from "../http/server/exchange.ts";
import { respond } from "../http/server/exchange.ts";
import { isAuthorized } from "./auth.ts";
import type { AdminBackend } from "./backend.ts";
import type { Exchange } from "./exchange.ts";
import type { HttpAuthArguments } from "./http-block.ts";
import { createRouter } from "./router.ts";
import type { RouteOptions } from "./routes.ts";
import { adminRoutes } from "./routes.ts";

export interface AdminHandlerOptions extends Omit<RouteOptions, "prefix"> {
  /** As given on the command line: `/`, `/flameline`, `/a/b/`. */
  readonly pathPrefix: string;
  /** The authentication that is in force at the moment. */
  readonly auth: () => HttpAuthArguments | undefined;
  readonly log: Logger;
}

/** Answers requests to the program's HTTP server before the first load is done: only then is it known who may ask for what. */
export const refuseUnready: RequestHandler = (_, response) => {
  respond(response, 503, { "content-type": "text/plain; charset=utf-8" }, "flameline is not ready.\n");
};

/** Answers the requests to the program's HTTP server. */
export function createAdminHandler(backend: AdminBackend, options: AdminHandlerOptions): RequestHandler {
  const { pathPrefix, auth, log, ...rest } = options;
  return createRouter({
    routes: adminRoutes(backend, { ...rest, prefix: normalizePrefix(pathPrefix) }),
    intercept(exchange) {
      if (isAuthorized(auth(), exchange.path, exchange.request.headers.authorization)) return false;
      refuse(exchange);
      return true;
    },
    onError: (error, { method, path }) => log.error("a request failed", { method, path, err: errorOf(error) }),
  });
}

/** One slash before and after. */
export function normalizePrefix(prefix: string): string {
  const inner = prefix.replaceAll(/^\/+|\/+$/g, "");
  return inner === "" ? "/" : `/${inner}/`;
}

function refuse({ response }: Exchange): void {
  respond(response, 401, { "www-authenticate": 'Basic realm="Restricted"' });
}

function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
