import type { RequestHandler, StreamedRequest } from "../http/server/exchange.ts";
import { respond } from "../http/server/exchange.ts";
import { cleanPath } from "./clean-path.ts";
import type { Exchange, Handler } from "./exchange.ts";
import { sendError, sendNotFound } from "./exchange.ts";

/** Most bytes of a request's body. No route reads one; more than this ends the connection. */
export const maxIgnoredBodyBytes = 64 * 1024;

export interface Route {
  /** The whole path, or its beginning when it ends with `/*`. */
  readonly path: string;
  /** Any method when absent. */
  readonly methods?: readonly string[];
  readonly handle: Handler;
}

export interface RouterOptions {
  /** Tried in order. */
  readonly routes: readonly Route[];
  /** Runs before the routes; true means that it has answered. */
  readonly intercept: (exchange: Exchange) => boolean;
  /** Told about routes that threw. */
  readonly onError: (error: unknown, exchange: Exchange) => void;
}

/** Finds the route of a request. Unclean paths are redirected, as by the router that the reference uses. */
export function createRouter({ routes, intercept, onError }: RouterOptions): RequestHandler {
  return (request, response) => {
    ignoreBody(request);
    const url = parseUrl(request.url ?? "/");
    if (url === undefined) {
      respond(response, 400, { "content-type": "text/plain; charset=utf-8", connection: "close" }, "400 Bad Request");
      return;
    }
    const exchange = { request, response, method: request.method ?? "GET", path: cleanPath(url.path), query: url.query };
    if (intercept(exchange)) return;
    if (exchange.path !== url.path) redirectToClean(exchange);
    else void dispatch(routes, exchange, onError);
  };
}

async function dispatch(routes: readonly Route[], exchange: Exchange, onError: RouterOptions["onError"]): Promise<void> {
  const route = routes.find((one) => matches(one, exchange));
  try {
    await (route?.handle ?? sendNotFound)(exchange);
  } catch (error) {
    onError(error, exchange);
    sendError(exchange, 500, "internal error");
  }
}

function matches({ path, methods }: Route, exchange: Exchange): boolean {
  if (methods?.includes(exchange.method) === false) return false;
  return path.endsWith("/*") ? exchange.path.startsWith(path.slice(0, -1)) : exchange.path === path;
}

function redirectToClean({ response, path, query }: Exchange): void {
  const target = path.split("/").map(encodeURIComponent).join("/");
  respond(response, 301, { location: query.size === 0 ? target : `${target}?${query.toString()}` });
}

function parseUrl(url: string): { readonly path: string; readonly query: URLSearchParams } | undefined {
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  try {
    return { path: decodeURIComponent(path), query: new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1)) };
  } catch {
    return undefined;
  }
}

function ignoreBody(request: StreamedRequest): void {
  let received = 0;
  request.on("data", (chunk: Buffer) => {
    received += chunk.length;
    if (received > maxIgnoredBodyBytes) request.destroy();
  });
}

/** The part of the path that stands for `*` in a route's path. */
export function restOf(route: string, path: string): string {
  return path.slice(route.length - 1);
}
