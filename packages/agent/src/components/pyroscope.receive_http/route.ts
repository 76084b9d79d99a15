import { routeName } from "../../http/server/metrics.ts";

/** Where a request belongs: a handler, or the answer that it gets without one. */
export type Route = RouteName | "method_not_allowed" | "not_found" | { readonly redirectTo: string };

export type RouteName = "ingest" | "push" | "should_initiate_upload" | "upload_finished" | "upload";

const debugInfo = "/debuginfo.v1alpha1.DebuginfoService";

const exactPaths: ReadonlyMap<string, RouteName> = new Map([
  ["/ingest", "ingest"],
  ["/push.v1.PusherService/Push", "push"],
  [`${debugInfo}/ShouldInitiateUpload`, "should_initiate_upload"],
  [`${debugInfo}/UploadFinished`, "upload_finished"],
]);

const uploadPath = /^\/debuginfo\.v1alpha1\.DebuginfoService\/Upload\/[^/]+$/;

/** Routes take POST only. A path with empty or dot segments is redirected to its clean form, as Go's routers do. */
export function routeOf(method: string, path: string): Route {
  const name = exactPaths.get(path) ?? (uploadPath.test(path) ? "upload" : undefined);
  if (name !== undefined) return method === "POST" ? name : "method_not_allowed";
  const clean = cleanPath(path);
  return clean === path ? "not_found" : { redirectTo: clean };
}

/** Whether a request brings profiles. */
export function bringsProfiles(method: string, url: string): boolean {
  const mark = url.indexOf("?");
  const name = exactPaths.get(mark < 0 ? url : url.slice(0, mark));
  return method === "POST" && (name === "push" || name === "ingest");
}

/** Whether a request brings a file with debug information, which may take long. */
export function isUpload(method: string, url: string): boolean {
  return url.startsWith(debugInfo) && routeOf(method, url.split("?", 1)[0] ?? "") === "upload";
}

/** The `route` label of the metrics: the path template of a route in the reference's form, `other` for what no handler gets. */
export function routeLabel(method: string, url: string): string {
  const mark = url.indexOf("?");
  const route = routeOf(method, mark < 0 ? url : url.slice(0, mark));
  return (typeof route === "string" && labels.get(route)) || "other";
}

const labels: ReadonlyMap<string, string> = new Map<RouteName, string>([
  ["ingest", routeName("/ingest")],
  ["push", routeName("/push.v1.PusherService/")],
  ["should_initiate_upload", routeName(`${debugInfo}/ShouldInitiateUpload`)],
  ["upload_finished", routeName(`${debugInfo}/UploadFinished`)],
  ["upload", routeName(`${debugInfo}/Upload/{gnu_build_id}`)],
]);

function cleanPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  return `/${segments.join("/")}${path.endsWith("/") && segments.length > 0 ? "/" : ""}`;
}
