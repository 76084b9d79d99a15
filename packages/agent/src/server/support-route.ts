import type { Exchange } from "./exchange.ts";
import { sendError } from "./exchange.ts";
import type { Route } from "./router.ts";

const maxSeconds = 30;

/** Support bundles: requests are checked as the reference does, and told that there are none yet. */
export function supportRoutes(enabled: boolean): Route[] {
  return [{ path: "/-/support", methods: ["GET"], handle: enabled ? refuse : forbid }];
}

function forbid(exchange: Exchange): void {
  sendError(
    exchange,
    403,
    "support bundle generation is disabled; it can be re-enabled by removing the --server.http.disable-support-bundle flag",
  );
}

function refuse(exchange: Exchange): void {
  const problem = durationProblem(exchange.query.get("duration"));
  if (problem === undefined) sendError(exchange, 501, "this version makes no support bundles");
  else sendError(exchange, 400, problem);
}

function durationProblem(text: string | null): string | undefined {
  if (text === null || text === "") return undefined;
  if (!/^[+-]?\d+$/.test(text)) {
    return `duration value (in seconds) should be a positive integer: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
  }
  if (Number(text) < 1) return "duration value (in seconds) should be larger than 1";
  return Number(text) > maxSeconds ? "duration value exceeds the server's write timeout" : undefined;
}
