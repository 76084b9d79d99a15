import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { discoverWithPrometheus } from "../../../../../tests/support/prometheus.ts";
import { findPart } from "../../../../../tests/support/real-parts.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { foundAddresses, foundTargets, loggedErrors } from "../../discovery/testing/found-targets.ts";
import { type Answer, Origin } from "../../http/testing/origin.ts";
import { discoveryHttp } from "./component.ts";

const list = (...addresses: readonly string[]) => JSON.stringify([{ targets: addresses, labels: { env: "prod" } }]);
const json = (body: string | (() => string)): Answer => {
  return (_, response) => {
    response.setHeader("content-type", "application/json");
    response.end(typeof body === "string" ? body : body());
  };
};
const start = (origin: Origin, more = "") => RunningComponent.start(discoveryHttp, `url = "${origin.url}/sd"\n${more}`);

describe("discovery.http", () => {
  it("exports nothing while it is built, and what the server lists at once", async () => {
    await using origin = await Origin.start(json('[{"targets":["h2:1","h1:2"],"labels":{"env":"prod"}},{"targets":["h3"]}]'));
    await using running = await start(origin, 'refresh_interval = "1m30s"');
    expect(running.published).toEqual([{ targets: [] }]);
    await expect
      .poll(() => foundTargets(running))
      .toEqual([
        { __address__: "h2:1", __meta_url: `${origin.url}/sd`, env: "prod" },
        { __address__: "h1:2", __meta_url: `${origin.url}/sd`, env: "prod" },
        { __address__: "h3", __meta_url: `${origin.url}/sd` },
      ]);
    const [request] = origin.requests;
    expect(request?.headers).toMatchObject({
      accept: "application/json",
      "user-agent": "Prometheus/v0.0.0",
      "x-prometheus-refresh-interval-seconds": "90",
    });
    expect(running.metric('prometheus_sd_refresh_failures_total{config="",mechanism="http"}')).toBe(0);
    expect(running.metric("prometheus_sd_http_failures_total")).toBe(0);
    expect(running.metric('prometheus_sd_refresh_duration_seconds_count{config="",mechanism="http"}')).toBe(1);
    expect(running.metric('prometheus_sd_refresh_duration_histogram_seconds_count{mechanism="http"}')).toBe(1);
  });

  it.skipIf(findPart("prometheus") === undefined)("finds what Prometheus finds (needs prometheus)", { timeout: 40_000 }, async () => {
    const body = '[{"targets":["h1:80","[::1]:81"],"labels":{"env":"pröd","__meta_x":"1","empty":""}},{"targets":["h3:1"],"labels":null}]';
    await using origin = await Origin.start(json(body));
    const expected = await discoverWithPrometheus(`http_sd_configs:\n- url: ${origin.url}/sd`, 3);
    await using running = await start(origin);
    await expect.poll(() => foundTargets(running).length).toBe(3);
    expect(foundTargets(running)).toEqual(expect.arrayContaining([...expected]));
  });

  it("follows the list, and keeps the last good one when the server fails", async () => {
    let answer = list("a:1", "b:1");
    await using origin = await Origin.start(json(() => answer));
    await using running = await start(origin, 'refresh_interval = "100ms"');
    await expect.poll(() => foundAddresses(running)).toEqual(["a:1", "b:1"]);
    answer = "<html>gateway</html>";
    await expect.poll(() => running.metric("prometheus_sd_http_failures_total")).toBeGreaterThan(1);
    expect(loggedErrors(running)[0]).toBe("Unable to refresh target groups: invalid character '<' looking for beginning of value");
    expect(foundAddresses(running)).toEqual(["a:1", "b:1"]);
    answer = list("b:1");
    await expect.poll(() => foundAddresses(running), { timeout: 7000 }).toEqual(["b:1"]);
  });

  it.each<[string, Answer, string]>([
    [
      "another status",
      (_, response) => response.writeHead(201, { "content-type": "application/json" }).end("[]"),
      "server returned HTTP status 201 Created",
    ],
    [
      "another type",
      (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("[]"),
      'unsupported content type "text/html"',
    ],
    ["no type", (_, response) => response.writeHead(200).end("[]"), 'unsupported content type ""'],
    [
      "a huge answer",
      (_, response) => response.writeHead(200, { "content-type": "application/json", "content-length": 100 << 20 }).write("["),
      "response body is larger than 67108864 bytes",
    ],
    [
      "half an answer",
      (_, response) =>
        void response.writeHead(200, { "content-type": "application/json", "content-length": 100 }).write("[", () => response.destroy()),
      "unexpected EOF",
    ],
  ])("refuses %s", async (_, answer, reason) => {
    await using origin = await Origin.start(answer);
    await using running = await start(origin);
    await expect.poll(() => loggedErrors(running)).toEqual([expect.stringContaining(reason)]);
    expect(foundAddresses(running)).toEqual([]);
  });

  it("gives up on a server that does not answer within the interval, and asks again", async () => {
    await using origin = await Origin.start(() => undefined);
    await using running = await start(origin, 'refresh_interval = "80ms"');
    await expect.poll(() => loggedErrors(running).length).toBeGreaterThan(1);
    expect(loggedErrors(running)[0]).toContain("context deadline exceeded");
  });

  it("asks the new URL after a change, and lets the old targets stand until there is an answer", async () => {
    await using first = await Origin.start(json(list("a:1")));
    const release = Promise.withResolvers<void>();
    await using second = await Origin.start((request, response) => void release.promise.then(() => json(list("b:1"))(request, response)));
    await using running = await start(first);
    await expect.poll(() => foundAddresses(running)).toEqual(["a:1"]);
    await running.update(`url = "${second.url}/sd"`);
    await expect.poll(() => second.requests.length).toBe(1);
    expect(foundAddresses(running)).toEqual(["a:1"]);
    release.resolve();
    await expect.poll(() => foundAddresses(running)).toEqual(["b:1"]);
  });

  it("goes on as before when the new arguments cannot be used", async () => {
    let answer = list("a:1");
    await using origin = await Origin.start(json(() => answer));
    await using running = await start(origin, 'refresh_interval = "50ms"');
    await expect.poll(() => foundAddresses(running)).toEqual(["a:1"]);
    await expect(running.update(`url = "${origin.url}"\ntls_config {\n  ca_file = "/missing.pem"\n}`)).rejects.toThrow("missing.pem");
    answer = list("c:1");
    await expect.poll(() => foundAddresses(running), { timeout: 7000 }).toEqual(["c:1"]);
  });

  it("does not show a password of its URL", async () => {
    await using origin = await Origin.start(json(list("a:1")));
    const url = origin.url.replace("//", "//user:hidden@");
    await using running = await RunningComponent.start(discoveryHttp, `url = "${url}"`);
    await expect.poll(() => foundTargets(running).length).toBe(1);
    expect(origin.requests[0]?.headers["authorization"]).toBe(`Basic ${Buffer.from("user:hidden").toString("base64")}`);
    expect(JSON.stringify(foundTargets(running))).not.toContain("hidden");
  });

  it("breaks off a request when it stops", async () => {
    await using origin = await Origin.start(() => undefined);
    const running = await start(origin);
    await expect.poll(() => origin.requests.length).toBe(1);
    const begin = performance.now();
    await running[Symbol.asyncDispose]();
    expect(performance.now() - begin).toBeLessThan(1000);
    await sleep(10);
    expect(loggedErrors(running)).toEqual([]);
  });

  it.each([
    ['refresh_interval = "0s"', "refresh_interval must be greater than 0"],
    ['bearer_token = "a"\nbasic_auth {\n}', "at most one of basic_auth"],
    ['url = "://x"', 'parse "://x": missing protocol scheme'],
  ])("refuses %j", async (body, problem) => {
    const url = body.includes("url") ? "" : 'url = "http://127.0.0.1:1"\n';
    await expect(RunningComponent.start(discoveryHttp, url + body)).rejects.toThrow(problem);
  });
});
