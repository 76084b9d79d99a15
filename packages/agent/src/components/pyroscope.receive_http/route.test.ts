import { describe, expect, it } from "vitest";
import { routeLabel, routeOf } from "./route.ts";

describe("routeOf()", () => {
  it.each([
    ["POST", "/ingest", "ingest"],
    ["POST", "/push.v1.PusherService/Push", "push"],
    ["POST", "/debuginfo.v1alpha1.DebuginfoService/Upload/0af3", "upload"],
    ["POST", "/debuginfo.v1alpha1.DebuginfoService/Upload/", "not_found"],
    ["HEAD", "/ingest", "method_not_allowed"],
    ["GET", "/", "not_found"],
    ["POST", "/ingest/", "not_found"],
    ["POST", "//ingest", { redirectTo: "/ingest" }],
    ["POST", "/a/../ingest", { redirectTo: "/ingest" }],
    ["POST", "/../..//x/./", { redirectTo: "/x/" }],
    ["OPTIONS", "*", { redirectTo: "/*" }],
  ])("sends %s %s to %j", (method, path, route) => {
    expect(routeOf(method, path)).toEqual(route);
  });
});

describe("routeLabel()", () => {
  it.each([
    ["POST", "/ingest?name=a", "ingest"],
    ["POST", "/push.v1.PusherService/Push", "push_v1_pusherservice"],
    ["POST", "/debuginfo.v1alpha1.DebuginfoService/Upload/0af3", "debuginfo_v1alpha1_debuginfoservice_upload_gnu_build_id"],
    ["GET", "/ingest", "other"],
    ["POST", "//ingest", "other"],
  ])("names %s %s %s", (method, url, label) => {
    expect(routeLabel(method, url)).toBe(label);
  });
});
