import type { IncomingMessage, ServerResponse } from "node:http";
import type { PprofHandler } from "@flameline/node";
import type { Exchange } from "./exchange.ts";
import type { Route } from "./router.ts";

/** Profiles of this process. The profilers are imported with the first request. */
export function pprofRoutes(): Route[] {
  let handler: Promise<PprofHandler> | undefined;
  const handle = async ({ request, response }: Exchange): Promise<void> => {
    handler ??= import("@flameline/node").then(({ createPprofHandler }) => createPprofHandler());
    // Requests and answers of HTTP/2 have everything that the handler uses.
    await (
      await handler
    )(request as unknown as IncomingMessage, response as unknown as ServerResponse);
  };
  return [
    { path: "/debug/pprof", handle },
    { path: "/debug/pprof/*", handle },
  ];
}
