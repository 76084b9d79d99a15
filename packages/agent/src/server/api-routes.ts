import { respond } from "../http/server/exchange.ts";
import type { AdminBackend } from "./backend.ts";
import { sendCompressed } from "./compressed.ts";
import type { Exchange } from "./exchange.ts";
import { sendDebugStream, sendGraphStream } from "./live-streams.ts";
import { sendError, sendLine, sendNotFound } from "./exchange.ts";
import type { Route } from "./router.ts";
import { restOf } from "./router.ts";

/** JSON is sent as plain text, because that is what clients of the reference see: it names no type and lets it be guessed. */
const contentType = "text/plain; charset=utf-8";

/** The API of the pages: components, modules, peers, as the reference's pages and scripts know it. */
export function apiRoutes(backend: AdminBackend, base: string): Route[] {
  const one = `${base}/components/*`;
  const modules = `${base}/modules/*`;
  const debug = `${base}/debug/*`;
  const graph = `${base}/graph/*`;
  return [
    { path: `${base}/components`, handle: (exchange) => sendJson(exchange, backend.components("")) },
    { path: one, handle: (exchange) => sendComponent(exchange, backend.component(restOf(one, exchange.path))) },
    { path: modules, handle: (exchange) => sendModule(exchange, restOf(modules, exchange.path), (id) => backend.components(id)) },
    { path: `${base}/peers`, handle: (exchange) => sendJson(exchange, backend.peers()) },
    { path: `${base}/journey`, handle: (exchange) => sendJson(exchange, backend.journey(exchange.query.get("service") ?? undefined)) },
    { path: debug, handle: (exchange) => sendDebugStream(backend, exchange, restOf(debug, exchange.path)) },
    { path: `${base}/graph`, handle: (exchange) => sendGraphStream(backend, exchange, "") },
    { path: graph, handle: (exchange) => sendGraphStream(backend, exchange, restOf(graph, exchange.path)) },
    ...remoteRoutes(backend, `${base}/remotecfg`),
  ];
}

/** The remote configuration: components of its top level by their local ids, those inside modules by their full ids. */
function remoteRoutes(backend: AdminBackend, base: string): Route[] {
  const one = `${base}/components/*`;
  const modules = `${base}/modules/*`;
  const local = (id: string): string => id.replace(/^remotecfg\//, "");
  return [
    { path: `${base}/components`, handle: (exchange) => sendJson(exchange, backend.remoteComponents("")) },
    { path: one, handle: (exchange) => sendComponent(exchange, backend.remoteComponent(local(restOf(one, exchange.path)))) },
    {
      path: modules,
      handle: (exchange) => sendModule(exchange, restOf(modules, exchange.path), (id) => backend.remoteComponents(local(id))),
    },
  ];
}

/** HTTP handlers of components, below `/api/v0/component/<id>/`. An id may contain slashes: the longest one that exists counts. */
export function componentRoutes(backend: AdminBackend): Route[] {
  const path = "/api/v0/component/*";
  return [
    {
      path,
      handle(exchange) {
        if (backend.componentIdOf(restOf(path, exchange.path)) !== undefined) respond(exchange.response, 404, {});
        else sendLine(exchange, 400, `failed to parse URL path ${JSON.stringify(exchange.path)}: invalid path`);
      },
    },
  ];
}

async function sendJson(exchange: Exchange, value: unknown): Promise<void> {
  await sendCompressed(exchange, contentType, JSON.stringify(value));
}

async function sendComponent(exchange: Exchange, component: unknown): Promise<void> {
  if (component !== undefined) return sendJson(exchange, component);
  exchange.response.setHeader("vary", "Accept-Encoding");
  sendNotFound(exchange);
}

async function sendModule(exchange: Exchange, rest: string, find: (id: string) => readonly unknown[] | undefined): Promise<void> {
  const id = /^(.+)\/components$/.exec(rest)?.[1];
  if (id === undefined) return sendNotFound(exchange);
  const components = find(id);
  if (components !== undefined) return sendJson(exchange, components);
  exchange.response.setHeader("vary", "Accept-Encoding");
  sendError(exchange, 500, "module not found");
}
