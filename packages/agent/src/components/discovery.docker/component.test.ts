import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ContainerEngine, engineRuns } from "../../../../../tests/support/container-engine.ts";
import { discoverWithPrometheus } from "../../../../../tests/support/prometheus.ts";
import { findPart } from "../../../../../tests/support/real-parts.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { foundTargets, loggedErrors } from "../../discovery/testing/found-targets.ts";
import { Origin } from "../../http/testing/origin.ts";
import { TestCertificates } from "../../http/testing/certificates.ts";
import { discoveryDocker } from "./component.ts";

const start = (body: string) => RunningComponent.start(discoveryDocker, body);
const listed = (name: string): string => `[{"Id":"1","Names":["/${name}"],"NetworkSettings":{"Networks":{"n":{"IPAddress":"10.0.0.1"}}}}]`;
const names = (running: RunningComponent) => foundTargets(running).map((labels) => labels["__meta_docker_container_name"]);

describe.skipIf(!engineRuns("dockerd"))("discovery.docker with a Docker engine (needs dockerd and root)", { timeout: 60_000 }, () => {
  let engine: ContainerEngine;
  beforeAll(async () => {
    engine = await ContainerEngine.start("dockerd");
    await engine.call("POST", "/networks/create", { Name: "net1", Labels: { "net.label": "1" } });
    await engine.run("web", {
      Labels: { "app.kubernetes.io/name": "web", team: "a" },
      ExposedPorts: { "8080/tcp": {}, "9090/tcp": {}, "53/udp": {} },
      HostConfig: { NetworkMode: "net1", PortBindings: { "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: "18080" }] } },
    });
    await engine.run("plain", { HostConfig: { NetworkMode: "net1" } });
    await engine.run("hosted", { Labels: { team: "b" }, HostConfig: { NetworkMode: "host" } });
    await engine.run("alone", { HostConfig: { NetworkMode: "none" } });
  }, 60_000);
  afterAll(() => engine[Symbol.asyncDispose](), 30_000);

  it.skipIf(findPart("prometheus") === undefined)("finds what Prometheus finds (needs prometheus)", async () => {
    const expected = await discoverWithPrometheus(`docker_sd_configs:\n- host: unix://${engine.socket}\n  refresh_interval: 1s`, 5);
    await using running = await start(`host = "unix://${engine.socket}"`);
    await expect.poll(() => foundTargets(running).length).toBe(5);
    expect(foundTargets(running)).toEqual(expect.arrayContaining([...expected]));
  });

  it("selects by filters, all of which have to agree", async () => {
    const filters = 'filter {\n  name = "label"\n  values = ["team"]\n}\nfilter {\n  name = "name"\n  values = ["web", "plain"]\n}';
    await using running = await start(`host = "unix://${engine.socket}"\n${filters}`);
    await expect.poll(() => names(running)).toEqual(["/web", "/web"]);
  });

  it("says what the engine has against a filter", async () => {
    await using running = await start(`host = "unix://${engine.socket}"\nfilter {\n  name = "nonsense"\n  values = ["x"]\n}`);
    await expect
      .poll(() => loggedErrors(running)[0])
      .toMatch(/^Unable to refresh target groups: Error response from daemon: .*[Ii]nvalid filter/);
  });

  it("follows containers that come and go", async () => {
    await using running = await start(`host = "unix://${engine.socket}"\nrefresh_interval = "200ms"`);
    await expect.poll(() => names(running).length).toBe(5);
    const id = await engine.run("late", { HostConfig: { NetworkMode: "none" } });
    await expect.poll(() => names(running), { timeout: 15_000 }).toContain("/late");
    await engine.remove(id);
    await expect.poll(() => names(running), { timeout: 15_000 }).not.toContain("/late");
  });
});

describe.skipIf(!engineRuns("podman"))("discovery.docker with Podman (needs podman, runc and root)", { timeout: 60_000 }, () => {
  it("finds containers over Podman's socket", async () => {
    await using engine = await ContainerEngine.start("podman");
    await engine.run("pod", { Labels: { app: "demo" }, HostConfig: { NetworkMode: "bridge" } });
    await using running = await start(`host = "unix://${engine.socket}"`);
    await expect.poll(() => names(running)).toEqual(["/pod"]);
    expect(foundTargets(running)[0]).toMatchObject({
      __address__: expect.stringMatching(/^10\.88\.\d+\.\d+:80$/) as string,
      __meta_docker_container_label_app: "demo",
    });
  });
});

describe("discovery.docker", () => {
  const answer = (body: string) => Origin.start((_, response) => response.writeHead(200, { "content-type": "application/json" }).end(body));

  it("asks an engine over TCP without the settings of the HTTP client, and says that", async () => {
    await using origin = await answer("[]");
    await using running = await start(
      `host = "tcp://${origin.host}"\nbearer_token = "t"\nfilter {\n  name = "label"\n  values = ["a b"]\n}`,
    );
    await expect
      .poll(() => origin.requests.map(({ url }) => url))
      .toEqual(["/containers/json?filters=%7B%22label%22%3A%5B%22a%20b%22%5D%7D", "/networks"]);
    expect(origin.requests[0]?.headers).toMatchObject({ "user-agent": "Prometheus/v0.0.0" });
    expect(origin.requests[0]?.headers["authorization"]).toBeUndefined();
    expect(running.log.lines.map(({ message }) => message)).toEqual([
      "settings of the HTTP client have no effect with this host: use http:// or https://",
    ]);
  });

  it("keeps the containers while the socket is away, and finds the engine when it is back", async () => {
    const folder = await mkdtemp(join(tmpdir(), "socket-"));
    const path = join(folder, "docker.sock");
    let container = "one";
    const listen = (): Promise<Origin> =>
      Origin.start(({ url }, response) => response.end(url === "/networks" ? "[]" : listed(container)), createServer, path);
    await using running = await start(`host = "unix://${path}"\nrefresh_interval = "100ms"`);
    await expect.poll(() => loggedErrors(running)[0]).toContain(`dial unix ${path}: connect: no such file or directory`);
    const engine = await listen();
    await expect.poll(() => names(running)).toEqual(["/one"]);
    const before = loggedErrors(running).length;
    await engine[Symbol.asyncDispose]();
    await expect.poll(() => loggedErrors(running).length).toBeGreaterThan(before);
    expect(names(running)).toEqual(["/one"]);
    container = "two";
    await using back = await listen();
    await expect.poll(() => names(running), { timeout: 10_000 }).toEqual(["/two"]);
    expect(back.requests.length).toBeGreaterThan(0);
    await rm(folder, { recursive: true });
  });

  it.skipIf(!TestCertificates.available)("asks an engine behind TLS with a client certificate (needs openssl)", async () => {
    using certificates = new TestCertificates();
    const server = certificates.signed("server");
    const client = certificates.signed("client");
    const options = { cert: server.cert, key: server.key, ca: certificates.authority.cert, requestCert: true };
    await using origin = await Origin.start(
      ({ url }, response) => response.end(url.startsWith("/prefix/containers") ? listed("tls") : "[]"),
      (handler) => createTlsServer(options, handler),
    );
    const tls = `tls_config {\n  ca_file = "${certificates.authority.certFile}"\n  cert_file = "${client.certFile}"\n  key_file = "${client.keyFile}"\n}`;
    await using running = await start(`host = "https://localhost:${origin.port}/prefix/"\nbearer_token = "t"\n${tls}`);
    await expect.poll(() => names(running)).toEqual(["/tls"]);
    expect(origin.requests[0]?.headers["authorization"]).toBe("Bearer t");
  });

  it.each([
    ["<html>", 'the answer is no JSON: "<html>"'],
    ['{"a":1}', "the answer is no list"],
  ])("refuses the answer %j", async (body, reason) => {
    await using origin = await answer(body);
    await using running = await start(`host = "http://${origin.host}"`);
    await expect.poll(() => loggedErrors(running)).toEqual([expect.stringContaining(reason)]);
    expect(running.metric('prometheus_sd_refresh_failures_total{config="",mechanism="docker"}')).toBe(1);
  });

  it.each([
    ['host = ""', "host attribute must not be empty"],
    ['host = "unix:///x"\nrefresh_interval = "0s"', "refresh_interval must be greater than 0"],
    ['host = "ssh://x"', 'unable to parse docker host "ssh://x"'],
    ['host = "/var/run/docker.sock"', 'unable to parse docker host "/var/run/docker.sock"'],
    ['host = "http://[::1"', "parsing host attribute: parse \"http://[::1\": missing ']' in host"],
  ])("refuses %j", async (body, problem) => {
    await expect(start(body)).rejects.toThrow(problem);
  });
});
