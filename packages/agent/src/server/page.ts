import { respond } from "../http/server/exchange.ts";
import type { Route } from "./router.ts";

export interface PageOptions {
  /** Path below which pages and their API stand; begins and ends with a slash. */
  readonly prefix: string;
  /** Whether profiles of the process are served. */
  readonly pprof: boolean;
  /** As the page shows it. */
  readonly version: string;
}

/** The start page: where everything is. */
export function pageRoutes({ prefix, pprof, version }: PageOptions): Route[] {
  const page = startPage({ prefix, pprof, version });
  const root: Route = {
    path: prefix,
    methods: ["GET", "HEAD"],
    handle: ({ response }) => respond(response, 200, { "content-type": "text/html; charset=utf-8" }, page),
  };
  if (prefix === "/") return [root];
  return [root, { path: prefix.slice(0, -1), handle: ({ response }) => respond(response, 302, { location: prefix }) }];
}

function startPage({ prefix, pprof, version }: PageOptions): string {
  const links = [
    ["/-/ready", "whether the configuration is loaded"],
    ["/-/healthy", "whether all components are healthy"],
    ["/metrics", "metrics in the Prometheus text format"],
    [`${prefix}api/v0/web/components`, "components of the running configuration, as JSON"],
    [`${prefix}api/v0/web/peers`, "members of the cluster, as JSON"],
    ...(pprof ? [["/debug/pprof/", "profiles of this process"]] : []),
  ];
  const items = links.map(([path = "", text = ""]) => `<li><a href="${escape(path)}">${escape(path)}</a>: ${text}</li>`);
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>flameline</title></head>
<body>
<h1>flameline ${version}</h1>
<ul>
${items.join("\n")}
</ul>
</body>
</html>
`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
