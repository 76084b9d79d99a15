import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { discoverWithPrometheus, KubernetesCluster, missingForCluster, type PodShape } from "../../../../../tests/support/kubernetes.ts";
import { findPart } from "../../../../../tests/support/real-parts.ts";
import { RunningComponent } from "../../component/testing/running-component.ts";
import { foundTargets, loggedErrors } from "../../discovery/testing/found-targets.ts";
import { discoveryKubernetes } from "./component.ts";

const skip = missingForCluster.length > 0;
const needs = "(needs kube-apiserver, etcd, openssl)";
const byText = (list: readonly object[]): readonly string[] => list.map((one) => JSON.stringify(one, Object.keys(one).sort())).sort();

describe.skipIf(skip)(`discovery.kubernetes with the Kubernetes API server ${needs}`, { timeout: 60_000 }, () => {
  let cluster: KubernetesCluster;
  beforeAll(async () => {
    cluster = await KubernetesCluster.start();
    await furnish(cluster);
  }, 120_000);
  afterAll(() => cluster[Symbol.asyncDispose](), 30_000);

  const start = (body: string, token?: string) => RunningComponent.start(discoveryKubernetes, `${cluster.access(token)}${body}`);
  const names = (running: RunningComponent) => foundTargets(running).map((labels) => labels["__meta_kubernetes_pod_name"]);

  describe.skipIf(findPart("kubernetes-targets") === undefined)("finds what Prometheus finds (needs kubernetes-targets)", () => {
    it.each([
      ["pod", "", ""],
      ["pod", "attach_metadata {\n  node = true\n  namespace = true\n}", "attach_metadata: {node: true, namespace: true}"],
      ["pod", 'namespaces {\n  names = ["default", "other"]\n}', "namespaces: {names: [default, other]}"],
      [
        "pod",
        'selectors {\n  role = "pod"\n  label = "app in (web),!old"\n  field = "status.phase!=Succeeded"\n}',
        'selectors: [{role: pod, label: "app in (web),!old", field: "status.phase!=Succeeded"}]',
      ],
      [
        "pod",
        'attach_metadata {\n  node = true\n}\nselectors {\n  role = "node"\n  label = "zone=z1"\n}',
        "attach_metadata: {node: true}\nselectors: [{role: node, label: zone=z1}]",
      ],
      ["service", "", ""],
      ["service", "attach_metadata {\n  namespace = true\n}", "attach_metadata: {namespace: true}"],
      ["endpoints", "", ""],
      ["endpoints", "attach_metadata {\n  node = true\n  namespace = true\n}", "attach_metadata: {node: true, namespace: true}"],
      ["endpoints", 'selectors {\n  role = "pod"\n  label = "app=none"\n}', "selectors: [{role: pod, label: app=none}]"],
      ["endpointslice", "", ""],
      ["endpointslice", "attach_metadata {\n  node = true\n  namespace = true\n}", "attach_metadata: {node: true, namespace: true}"],
      ["endpointslice", 'namespaces {\n  names = ["other"]\n}', "namespaces: {names: [other]}"],
      ["ingress", "", ""],
      ["ingress", "attach_metadata {\n  namespace = true\n}", "attach_metadata: {namespace: true}"],
      ["node", "", ""],
      ["node", 'selectors {\n  role = "node"\n  field = "metadata.name=n2"\n}', "selectors: [{role: node, field: metadata.name=n2}]"],
    ])("role %s %s", async (role, ours, theirs) => {
      const expected = await discoverWithPrometheus(`role: ${role}\n${cluster.prometheusAccess}${theirs}\n`);
      expect(expected.length).toBeGreaterThan(0);
      await using running = await start(`role = "${role}"\n${ours}`);
      await expect.poll(() => byText(foundTargets(running)), { timeout: 15_000 }).toEqual(byText(expected));
    });
  });

  it("follows pods that come, change and go", async () => {
    await using running = await start('role = "pod"\nnamespaces {\n  names = ["changing"]\n}');
    await expect.poll(() => running.metric('prometheus_sd_kubernetes_events_total{event="add",role="pod"}')).toBe(0);
    await cluster.createPod({ name: "late", namespace: "changing", ip: "10.0.9.1", node: "n1" });
    await expect.poll(() => names(running), { timeout: 15_000 }).toEqual(["late"]);
    await cluster.setPodStatus("late", "changing", { phase: "Failed" });
    const phases = () => foundTargets(running).map((labels) => labels["__meta_kubernetes_pod_phase"]);
    await expect.poll(phases, { timeout: 15_000 }).toEqual(["Failed"]);
    await cluster.deletePod("late", "changing");
    await expect.poll(() => names(running), { timeout: 15_000 }).toEqual([]);
    expect(running.metric('prometheus_sd_kubernetes_events_total{event="delete",role="pod"}')).toBe(1);
    expect(loggedErrors(running)).toEqual([]);
  });

  it.skipIf(findPart("kubectl") === undefined)("follows a rolling update and what kubectl changes (needs kubectl)", async () => {
    const podOf = (version: string, index: number): PodShape => ({
      name: `app-${version}-${index}`,
      namespace: "changing",
      labels: { app: "rolling", version },
      ip: `10.0.${version === "old" ? 20 : 21}.${index}`,
    });
    const count = 12;
    for (let index = 0; index < count; index += 1) await cluster.createPod(podOf("old", index));
    await using running = await start('role = "pod"\nselectors {\n  role = "pod"\n  label = "app=rolling"\n}');
    const versions = () => foundTargets(running).map((labels) => labels["__meta_kubernetes_pod_label_version"]);
    await expect.poll(versions, { timeout: 15_000 }).toEqual(Array.from({ length: count }, () => "old"));
    for (let index = 0; index < count; index += 1) {
      await cluster.createPod(podOf("new", index));
      await cluster.deletePod(`app-old-${index}`, "changing");
    }
    await expect.poll(versions, { timeout: 15_000 }).toEqual(Array.from({ length: count }, () => "new"));
    // Out of the selection, though it is still there.
    cluster.kubectl(["-n", "changing", "label", "--overwrite", "pod", "app-new-0", "app=other"]);
    cluster.kubectl(["-n", "changing", "annotate", "pod", "app-new-1", "note.x/y=changed"]);
    cluster.kubectl(["-n", "changing", "delete", "pod", "app-new-2", "--grace-period=0", "--force"]);
    const expected = Array.from({ length: count }, (_, index) => `app-new-${index}`).filter((name) => !/-[02]$/.test(name));
    await expect.poll(() => new Set(names(running)), { timeout: 15_000 }).toEqual(new Set(expected));
    const annotated = foundTargets(running).filter((labels) => labels["__meta_kubernetes_pod_annotation_note_x_y"] === "changed");
    expect(annotated.map((labels) => labels["__meta_kubernetes_pod_name"])).toEqual(["app-new-1"]);
    cluster.kubectl(["-n", "changing", "delete", "pods", "--all", "--grace-period=0", "--force"]);
    await expect.poll(() => names(running), { timeout: 15_000 }).toEqual([]);
  });

  it("follows services and pods behind endpoints, and labels of nodes and namespaces", async () => {
    await using running = await start(
      'role = "endpoints"\nnamespaces {\n  names = ["changing"]\n}\nattach_metadata {\n  node = true\n  namespace = true\n}',
    );
    const post = (kind: string, body: object) => cluster.call("POST", `/api/v1/namespaces/changing/${kind}`, body);
    const targetRef = { kind: "Pod", name: "behind", namespace: "changing" };
    await post("endpoints", {
      metadata: { name: "svc" },
      subsets: [{ ports: [{ port: 80 }], addresses: [{ ip: "10.0.9.9", nodeName: "n1", targetRef }] }],
    });
    const label = (name: string) => foundTargets(running)[0]?.[`__meta_kubernetes_${name}`];
    await expect.poll(() => label("node_label_zone"), { timeout: 15_000 }).toBe("z1");
    await cluster.createPod({ name: "behind", namespace: "changing", ip: "10.0.9.9", node: "n1", labels: { v: "1" } });
    await post("services", { metadata: { name: "svc", labels: { tier: "x" } }, spec: { clusterIP: "None", ports: [{ port: 80 }] } });
    await cluster.call("PATCH", "/api/v1/namespaces/changing", { metadata: { labels: { fresh: "1" } } }, "application/merge-patch+json");
    await cluster.call("PATCH", "/api/v1/nodes/n1", { metadata: { labels: { fresh: "2" } } }, "application/merge-patch+json");
    await expect
      .poll(() => [label("pod_label_v"), label("service_label_tier"), label("namespace_label_fresh"), label("node_label_fresh")], {
        timeout: 15_000,
      })
      .toEqual(["1", "x", "1", "2"]);
    await cluster.deletePod("behind", "changing");
    await expect.poll(() => label("pod_name"), { timeout: 15_000 }).toBeUndefined();
    expect(label("service_name")).toBe("svc");
  });

  it("watches in many namespaces at once", async () => {
    const many = Array.from({ length: 60 }, (_, index) => `many-${index}`);
    for (const name of many) {
      await cluster.call("POST", "/api/v1/namespaces", { metadata: { name } });
      await cluster.call("POST", `/api/v1/namespaces/${name}/endpoints`, {
        metadata: { name: "e" },
        subsets: [{ ports: [{ port: 80 }], addresses: [{ ip: "10.9.9.9" }] }],
      });
    }
    // Three watches each.
    await using running = await start(`role = "endpoints"\nnamespaces {\n  names = ${JSON.stringify(many)}\n}`);
    await expect.poll(() => foundTargets(running).length, { timeout: 15_000 }).toBe(many.length);
    for (const name of many) await cluster.call("DELETE", `/api/v1/namespaces/${name}/endpoints/e`);
    await expect.poll(() => foundTargets(running).length, { timeout: 15_000 }).toBe(0);
    expect(loggedErrors(running)).toEqual([]);
  });

  it("says what it has no right to, finds the rest, and goes on when it is allowed", async () => {
    const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["list", "watch"] }];
    const token = await cluster.serviceAccount("reader", rules);
    await using everywhere = await start('role = "pod"', token);
    await expect
      .poll(() => loggedErrors(everywhere)[0])
      .toBe(
        'failed to list or watch objects of Kubernetes: pods is forbidden: User "system:serviceaccount:default:reader" cannot list resource "pods" in API group "" at the cluster scope',
      );
    expect(everywhere.metric("prometheus_sd_kubernetes_failures_total")).toBeGreaterThan(0);
    await using running = await start('role = "pod"\nnamespaces {\n  names = ["default", "other"]\n}', token);
    await expect.poll(() => new Set(names(running)), { timeout: 15_000 }).toEqual(new Set(["lost", "web-1", "web-2"]));
    expect(loggedErrors(running)[0]).toContain('in the namespace "other"');
    await expect
      .poll(() => running.health?.message, { timeout: 20_000 })
      .toMatch(/^failing since .* is forbidden: .*; 7 targets found before stay in use$/);
    const access = "/apis/rbac.authorization.k8s.io/v1/namespaces/other";
    await cluster.call("POST", `${access}/roles`, { metadata: { name: "reader" }, rules });
    await cluster.call("POST", `${access}/rolebindings`, {
      metadata: { name: "reader" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" },
      subjects: [{ kind: "ServiceAccount", name: "reader", namespace: "default" }],
    });
    await expect.poll(() => names(running), { timeout: 40_000 }).toContain("done");
    expect(running.health).toBeUndefined();
  });

  it("keeps its targets while the server is away, and finds out what it has missed when the watch cannot go on", async () => {
    await cluster.createPod({ name: "stays", namespace: "other", ip: "10.0.30.1" });
    await using running = await start('role = "pod"\nnamespaces {\n  names = ["other"]\n}');
    await expect.poll(() => names(running), { timeout: 15_000 }).toEqual(["done", "stays"]);
    await cluster.stopServer();
    await expect.poll(() => loggedErrors(running).at(-1), { timeout: 20_000 }).toContain("connection refused");
    expect(names(running)).toEqual(["done", "stays"]);
    await cluster.forget("pods/other/stays");
    await cluster.startServer();
    await cluster.createPod({ name: "came", namespace: "other", ip: "10.0.30.2" });
    await expect.poll(() => names(running), { timeout: 45_000 }).toEqual(["came", "done"]);
    expect(running.health).toBeUndefined();
  });
});

/** Objects in which everything occurs that labels are made of. */
async function furnish(cluster: KubernetesCluster): Promise<void> {
  for (const name of ["other", "changing"]) {
    await cluster.call("POST", "/api/v1/namespaces", {
      metadata: { name, labels: { "team.name/x": "t" }, annotations: { "a/b": "1", empty: "" } },
    });
  }
  for (const [name, zone] of [
    ["n1", "z1"],
    ["n2", "z2"],
  ] as const) {
    await cluster.call("POST", "/api/v1/nodes", {
      metadata: { name, labels: { zone, "a.b/c": "d" }, annotations: { note: name } },
      spec: { providerID: `p://${name}` },
    });
    await cluster.call(
      "PATCH",
      `/api/v1/nodes/${name}/status`,
      {
        status: {
          addresses: [
            { type: "Hostname", address: name },
            ...(name === "n1"
              ? [
                  { type: "InternalIP", address: "10.1.0.1" },
                  { type: "InternalIP", address: "fd00::1" },
                ]
              : []),
          ],
          conditions: [
            { type: "Ready", status: "True" },
            { type: "DiskPressure", status: "Unknown" },
          ],
          daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
        },
      },
      "application/merge-patch+json",
    );
  }
  await furnishPods(cluster);
  await furnishServices(cluster);
}

async function furnishPods(cluster: KubernetesCluster): Promise<void> {
  await cluster.createPod({
    name: "web-1",
    labels: { app: "web", "app.kubernetes.io/name": "web" },
    annotations: { "profiles.grafana.com/cpu.scrape": "true", empty: "" },
    node: "n1",
    ip: "10.0.0.1",
    metadata: { ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "r1", controller: true }] },
    spec: {
      containers: [
        {
          name: "main",
          image: "main:1",
          ports: [
            { name: "http", containerPort: 8080 },
            { name: "dns", containerPort: 53, protocol: "UDP" },
          ],
        },
        { name: "side", image: "side:1", ports: [{ containerPort: 8080, hostPort: 81 }] },
        { name: "plain", image: "plain:1" },
      ],
      initContainers: [{ name: "prepare", image: "prepare:1", ports: [{ containerPort: 7000 }] }],
    },
    status: {
      hostIP: "10.1.0.1",
      conditions: [{ type: "Ready", status: "True" }],
      containerStatuses: [{ name: "main", containerID: "containerd://abc", image: "main:1", imageID: "", ready: true, restartCount: 0 }],
      initContainerStatuses: [
        { name: "prepare", containerID: "containerd://def", image: "prepare:1", imageID: "", ready: true, restartCount: 0 },
      ],
    },
  });
  await cluster.createPod({ name: "web-2", labels: { app: "web", old: "1" }, node: "n2", ip: "fd00::2" });
  await cluster.createPod({ name: "done", namespace: "other", labels: { app: "web" }, node: "n1", ip: "10.0.0.3", phase: "Succeeded" });
  await cluster.createPod({ name: "lost", node: "n3", ip: "10.0.0.4" });
  await cluster.createPod({ name: "starting", phase: "Pending" });
}

async function furnishServices(cluster: KubernetesCluster): Promise<void> {
  const service = (name: string, spec: object, namespace = "default") =>
    cluster.call("POST", `/api/v1/namespaces/${namespace}/services`, {
      metadata: { name, labels: { app: name }, annotations: { "s/t": "u" } },
      spec,
    });
  await service("web", {
    clusterIP: "10.99.0.9",
    ports: [
      { name: "http", port: 80 },
      { name: "dns", port: 53, protocol: "UDP" },
    ],
  });
  await service("outside", { type: "ExternalName", externalName: "example.com", ports: [{ port: 443 }] });
  await service("balanced", { type: "LoadBalancer", loadBalancerIP: "1.2.3.4", ports: [{ port: 81 }] }, "other");
  const reference = (name: string, namespace = "default") => ({ kind: "Pod", name, namespace });
  await cluster.call("POST", "/api/v1/namespaces/default/endpoints", {
    metadata: { name: "web", labels: { "e.f": "g" } },
    subsets: [
      {
        ports: [
          { name: "http", port: 8080 },
          { name: "extra", port: 9999, protocol: "UDP" },
        ],
        addresses: [
          { ip: "10.0.0.1", nodeName: "n1", targetRef: reference("web-1") },
          { ip: "10.7.7.7", hostname: "h" },
          { ip: "10.1.0.1", targetRef: { kind: "Node", name: "n1" } },
        ],
        notReadyAddresses: [{ ip: "10.0.0.2", nodeName: "n2", targetRef: reference("web-2") }],
      },
    ],
  });
  const slice = (name: string, rest: object, service: string, namespace = "default") =>
    cluster.call("POST", `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`, {
      metadata: { name, labels: { "kubernetes.io/service-name": service }, annotations: { s: "1" } },
      ...rest,
    });
  const ready = { ready: true, serving: true, terminating: false };
  await slice(
    "web-4",
    {
      addressType: "IPv4",
      ports: [{ name: "http", port: 8080, appProtocol: "h2c" }, { name: "all" }],
      endpoints: [
        { addresses: ["10.0.0.1"], conditions: ready, nodeName: "n1", zone: "z1", hostname: "h", targetRef: reference("web-1") },
        { addresses: ["10.7.7.7"], conditions: {} },
        { addresses: ["10.1.0.2"], targetRef: { kind: "Node", name: "n2" } },
      ],
    },
    "web",
  );
  await slice(
    "web-6",
    { addressType: "IPv6", ports: [{ port: 8080 }], endpoints: [{ addresses: ["fd00::2"], targetRef: reference("web-2") }] },
    "web",
  );
  await slice("orphan", { addressType: "FQDN", ports: [{ port: 1 }], endpoints: [{ addresses: ["a.example.com"] }] }, "nobody", "other");
  await cluster.call("POST", "/apis/networking.k8s.io/v1/namespaces/default/ingresses", {
    metadata: { name: "in", labels: { a: "b" } },
    spec: {
      ingressClassName: "nginx",
      tls: [{ hosts: ["*.example.com", "exact.org"] }],
      defaultBackend: { service: { name: "web", port: { number: 80 } } },
      rules: [
        { host: "a.example.com", http: { paths: ["/x", ""].map((path) => ingressPath(path)) } },
        { host: "a.b.example.com", http: { paths: [ingressPath("/y")] } },
        { host: "exact.org" },
        { http: { paths: [ingressPath("/z")] } },
      ],
    },
  });
}

function ingressPath(path: string): object {
  return { path, pathType: "ImplementationSpecific", backend: { service: { name: "web", port: { number: 80 } } } };
}
