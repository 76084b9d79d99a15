import { describe, expect, it } from "vitest";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { foundAddresses, foundTargets, loggedErrors } from "../../discovery/testing/found-targets.ts";
import { Origin } from "../../http/testing/origin.ts";
import { discoveryKubelet } from "./component.ts";

const start = (body: string) => RunningComponent.start(discoveryKubelet, body);

const pods = {
  kind: "PodList",
  metadata: {},
  items: [
    {
      metadata: { name: "web", namespace: "a", uid: "u1", labels: { "app.kubernetes.io/name": "web" }, annotations: { "x/y": "" } },
      spec: {
        nodeName: "n1",
        containers: [
          {
            name: "main",
            image: "web:1",
            ports: [
              { name: "http", containerPort: 8080, protocol: "TCP" },
              { containerPort: 53, protocol: "UDP" },
            ],
          },
          { name: "side", image: "side:1" },
        ],
        initContainers: [{ name: "prepare", image: "prepare:1" }],
      },
      status: {
        phase: "Running",
        podIP: "fd00::1",
        hostIP: "10.0.0.9",
        conditions: [{ type: "Ready", status: "False" }],
        containerStatuses: [{ name: "main", containerID: "containerd://abc" }],
        initContainerStatuses: [{ name: "prepare", containerID: "containerd://def" }],
      },
    },
    { metadata: { name: "starting", namespace: "a" }, spec: { containers: [{ name: "c" }] }, status: { phase: "Pending" } },
    { metadata: { name: "other", namespace: "b" }, spec: { containers: [{ name: "c" }] }, status: { podIP: "10.1.0.2" } },
  ],
};

describe("discovery.kubelet", () => {
  it("finds a target for each port and each container without one", async () => {
    await using kubelet = await Origin.start((_, response) => response.end(JSON.stringify(pods)));
    await using running = await start(`url = "${kubelet.url}/"\nnamespaces = ["a"]`);
    await expect.poll(() => foundAddresses(running)).toEqual(["[fd00::1]:8080", "[fd00::1]:53", "fd00::1", "fd00::1"]);
    expect(kubelet.requests[0]?.url).toBe("/pods");
    const common = {
      __meta_kubernetes_namespace: "a",
      __meta_kubernetes_pod_annotationpresent_x_y: "true",
      __meta_kubernetes_pod_host_ip: "10.0.0.9",
      __meta_kubernetes_pod_ip: "fd00::1",
      __meta_kubernetes_pod_label_app_kubernetes_io_name: "web",
      __meta_kubernetes_pod_labelpresent_app_kubernetes_io_name: "true",
      __meta_kubernetes_pod_name: "web",
      __meta_kubernetes_pod_node_name: "n1",
      __meta_kubernetes_pod_phase: "Running",
      __meta_kubernetes_pod_ready: "false",
      __meta_kubernetes_pod_uid: "u1",
    };
    const [http, , side, prepare] = foundTargets(running);
    expect(http).toEqual({
      ...common,
      __address__: "[fd00::1]:8080",
      __meta_kubernetes_pod_container_id: "containerd://abc",
      __meta_kubernetes_pod_container_image: "web:1",
      __meta_kubernetes_pod_container_init: "false",
      __meta_kubernetes_pod_container_name: "main",
      __meta_kubernetes_pod_container_port_name: "http",
      __meta_kubernetes_pod_container_port_number: "8080",
      __meta_kubernetes_pod_container_port_protocol: "TCP",
    });
    expect(side).toMatchObject({ ...common, __meta_kubernetes_pod_container_name: "side", __meta_kubernetes_pod_container_init: "false" });
    expect(prepare).toMatchObject({ __meta_kubernetes_pod_container_id: "containerd://def", __meta_kubernetes_pod_container_init: "true" });
  });

  it("forgets pods that are gone, and keeps all when the kubelet has no answer", async () => {
    let answer: () => [number, string] = () => [200, JSON.stringify(pods)];
    await using kubelet = await Origin.start((_, response) => {
      const [status, body] = answer();
      response.statusCode = status;
      response.end(body);
    });
    await using running = await start(`url = "${kubelet.url}"\nnamespaces = ["b"]\nrefresh_interval = "50ms"`);
    await expect.poll(() => foundAddresses(running)).toEqual(["10.1.0.2"]);
    answer = () => [401, "Unauthorized"];
    await expect.poll(() => loggedErrors(running)[0]).toBe("Unable to refresh target groups: server returned HTTP status 401 Unauthorized");
    answer = () => [200, '{"kind":"PodList","items":[{"met'];
    await expect.poll(() => loggedErrors(running).at(-1)).toContain("the list cannot be read");
    expect(foundAddresses(running)).toEqual(["10.1.0.2"]);
    answer = () => [200, '{"kind":"PodList","items":[]}'];
    await expect.poll(() => foundAddresses(running), { timeout: 15_000 }).toEqual([]);
    expect(running.metric('prometheus_sd_refresh_failures_total{config="",mechanism="kubelet"}')).toBeGreaterThan(1);
  }, 20_000);

  it.each([
    ['url = "://x"', "missing protocol scheme"],
    ['refresh_interval = "0s"', "refresh_interval must be greater than 0"],
  ])("refuses %j", async (body, problem) => {
    await expect(start(body)).rejects.toThrow(problem);
  });
});
