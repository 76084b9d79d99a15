import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ContainerEngine, engineRuns } from "../../../../../tests/support/container-engine.ts";
import { discoverWithPrometheus } from "../../../../../tests/support/prometheus.ts";
import { findPart } from "../../../../../tests/support/real-parts.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { foundTargets } from "../../discovery/testing/found-targets.ts";
import { discoveryDockerswarm } from "./component.ts";

describe.skipIf(!engineRuns("dockerd"))("discovery.dockerswarm with a swarm (needs dockerd and root)", { timeout: 90_000 }, () => {
  let engine: ContainerEngine;

  beforeAll(async () => {
    engine = await ContainerEngine.start("dockerd");
    await engine.call("POST", "/swarm/init", { ListenAddr: "127.0.0.1:2377", AdvertiseAddr: "127.0.0.1" });
    await engine.call("POST", "/networks/create", { Name: "mesh", Driver: "overlay", Attachable: true, Labels: { "net.label": "1" } });
    const container = {
      Image: "local",
      Command: ["/usr/bin/sleep", "300"],
      Hostname: "sleeper",
      Labels: { "container.label": "2" },
      Mounts: [{ Type: "bind", Source: "/usr", Target: "/usr", ReadOnly: true }],
    };
    const service = (name: string, more: object): object => ({
      Name: name,
      Labels: { "service.label": name },
      Mode: { Replicated: { Replicas: 2 } },
      TaskTemplate: { ContainerSpec: container },
      ...more,
    });
    await engine.call(
      "POST",
      "/services/create",
      service("quiet", { TaskTemplate: { ContainerSpec: container, Networks: [{ Target: "mesh" }] } }),
    );
    const ports = [{ Name: "pprof", Protocol: "tcp", TargetPort: 6060, PublishedPort: 16060, PublishMode: "host" }];
    await engine.call("POST", "/services/create", service("published", { Mode: { Global: {} }, EndpointSpec: { Ports: ports } }));
  }, 60_000);
  afterAll(() => engine[Symbol.asyncDispose](), 30_000);

  it.skipIf(findPart("prometheus") === undefined).each(["nodes", "services", "tasks"])(
    "finds the %s that Prometheus finds (needs prometheus)",
    async (role) => {
      await using running = await RunningComponent.start(
        discoveryDockerswarm,
        `host = "unix://${engine.socket}"\nrole = "${role}"\nrefresh_interval = "500ms"`,
      );
      await expect.poll(() => foundTargets(running).length, { timeout: 20_000 }).toBeGreaterThan(0);
      // States of tasks change until all is up.
      await expect
        .poll(() => foundTargets(running).every((labels) => /^(running|)$/.test(labels["__meta_dockerswarm_task_state"] ?? "")), {
          timeout: 30_000,
        })
        .toBe(true);
      const config = `dockerswarm_sd_configs:\n- host: unix://${engine.socket}\n  role: ${role}\n  refresh_interval: 1s`;
      const unique = new Set(foundTargets(running).map((labels) => labels["__address__"])).size;
      const expected = await discoverWithPrometheus(config, unique);
      expect(expected.length).toBeGreaterThan(0);
      await expect.poll(() => foundTargets(running), { timeout: 15_000 }).toEqual(expect.arrayContaining([...expected]));
    },
  );

  it("has the tasks of a service in their network, and filters tasks only", async () => {
    await using running = await RunningComponent.start(
      discoveryDockerswarm,
      `host = "unix://${engine.socket}"\nrole = "tasks"\nport = 6060\nfilter {\n  name = "service"\n  values = ["quiet"]\n}`,
    );
    await expect.poll(() => foundTargets(running).length, { timeout: 20_000 }).toBe(2);
    expect(foundTargets(running)[0]).toMatchObject({
      __address__: expect.stringMatching(/^10\.\d+\.\d+\.\d+:6060$/) as string,
      __meta_dockerswarm_container_label_container_label: "2",
      __meta_dockerswarm_network_name: "mesh",
      __meta_dockerswarm_network_label_net_label: "1",
      __meta_dockerswarm_node_role: "manager",
      __meta_dockerswarm_service_name: "quiet",
      __meta_dockerswarm_service_mode: "replicated",
      __meta_dockerswarm_service_label_service_label: "quiet",
      __meta_dockerswarm_task_slot: "1",
    });
  });
});

describe("discovery.dockerswarm", () => {
  it.each([
    ['role = "pods"', "invalid role pods, expected tasks, services, or nodes"],
    ['role = "tasks"\nrefresh_interval = "0s"', "refresh_interval must be greater than 0"],
  ])("refuses %j", async (body, problem) => {
    await expect(RunningComponent.start(discoveryDockerswarm, `host = "unix:///x.sock"\n${body}`)).rejects.toThrow(problem);
  });
});
