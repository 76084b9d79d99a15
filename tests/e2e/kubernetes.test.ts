/** The real program in and around a real Kubernetes API server. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Collector } from "../support/flameline.ts";
import { KubernetesCluster, missingForCluster } from "../support/kubernetes.ts";
import { ScratchFolder } from "../support/real-process.ts";

const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["list", "watch"] }];

describe.skipIf(missingForCluster.length > 0)("Kubernetes (needs kube-apiserver, etcd, openssl)", { timeout: 60_000 }, () => {
  let cluster: KubernetesCluster;
  beforeAll(async () => {
    cluster = await KubernetesCluster.start();
    await cluster.call("POST", "/api/v1/namespaces", { metadata: { name: "mine" } });
    await cluster.createPod({ name: "own", namespace: "mine", ip: "10.0.0.1" });
    await cluster.createPod({ name: "foreign", ip: "10.0.0.2" });
  }, 120_000);
  afterAll(() => cluster[Symbol.asyncDispose](), 30_000);

  const podsOf = async (collector: Collector): Promise<readonly string[]> => {
    const page = await collector.text("/api/v0/web/components/discovery.kubernetes.pods");
    return [...page.matchAll(/"__meta_kubernetes_pod_name","value":\{"type":"string","value":"([^"]+)"/g)].map(([, name = ""]) => name);
  };

  it.skipIf(process.getuid?.() !== 0)("finds the pods of its own namespace when it runs as a pod (needs root)", async () => {
    const token = await cluster.serviceAccount("collector", rules, "mine");
    const config = 'discovery.kubernetes "pods" {\n  role = "pod"\n  namespaces {\n    own_namespace = true\n  }\n}\n';
    await using collector = await Collector.start({ config, ...cluster.inside(token, "mine") });
    await expect.poll(() => podsOf(collector), { timeout: 15_000 }).toEqual(["own"]);
    expect(collector.log()).not.toContain("level=error");
  });

  it("takes a kubeconfig whose credentials come from a program", async () => {
    using scratch = new ScratchFolder();
    writeFileSync(
      join(scratch.path, "plugin"),
      `#!/bin/sh\necho '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"${cluster.token}"}}'\n`,
      { mode: 0o755 },
    );
    writeFileSync(
      join(scratch.path, "kubeconfig"),
      JSON.stringify({
        "current-context": "x",
        contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
        clusters: [{ name: "c", cluster: { server: cluster.url, "certificate-authority": cluster.certificateFile } }],
        users: [{ name: "u", user: { exec: { apiVersion: "client.authentication.k8s.io/v1", command: "./plugin" } } }],
      }),
    );
    const config = `discovery.kubernetes "pods" {\n  role = "pod"\n  kubeconfig_file = "${join(scratch.path, "kubeconfig")}"\n}\n`;
    await using collector = await Collector.start({ config });
    await expect.poll(() => podsOf(collector), { timeout: 15_000 }).toEqual(["foreign", "own"]);
  });
});

/** Has Node.js say which modules it loads that have to do with Kubernetes. */
const watcher = `import { registerHooks } from "node:module";
registerHooks({ load(url, context, next) { if (url.includes("kubernetes")) console.error("module " + url); return next(url, context); } });`;

describe("a configuration without Kubernetes", () => {
  const loaded = async (config: string): Promise<readonly string[]> => {
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(watcher)}` };
    await using collector = await Collector.start({ config, env });
    return collector.log().match(/^module .*/gm) ?? [];
  };

  it("loads none of it", async () => {
    expect(await loaded('discovery.relabel "a" {\n  targets = []\n}\n')).toEqual([]);
    expect((await loaded('discovery.kubernetes "a" {\n  role = "pod"\n  api_server = "http://127.0.0.1:9"\n}\n')).length).toBeGreaterThan(
      10,
    );
  });
});
