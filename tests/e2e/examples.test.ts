import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Collector, flameline } from "../support/flameline.ts";
import { pprofRaw } from "../support/go.ts";
import { KubernetesCluster, missingForCluster } from "../support/kubernetes.ts";
import { findPart } from "../support/real-parts.ts";
import { Sink } from "../support/sink.ts";
import waiting from "../../examples/waiting.json" with { type: "json" };

const folder = join(import.meta.dirname, "../../examples");
const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
const pathOf = (name: string): string => join(folder, name, "config.alloy");

/** It runs as a pod. */
const inCluster = "seed-enrich-kubernetes";

// One file, because examples have fixed ports: files run side by side.
describe("examples", () => {
  const ready = names.filter((name) => !(name in waiting));
  // Those of the documentation that ask a server which only stands there are validated only: tests stay on this machine.
  const local = ready.filter((name) => !/\burl\s*=\s*"https:\/\/example\.com\//.test(readFileSync(pathOf(name), "utf8")));

  it.each(local.filter((name) => name !== inCluster))("%s runs", async (name) => {
    await using collector = await Collector.start({ path: pathOf(name) });
    expect(await collector.text("/-/healthy")).toContain("healthy");
  });

  it.each(ready)("%s is valid, or only warned about for a deprecated function", async (name) => {
    const { code, stderr } = await flameline(["validate", "--stability.level=experimental", pathOf(name)]);
    const deprecated = /\b(?<!sys\.)env\(/.test(readFileSync(pathOf(name), "utf8"));
    if (deprecated) expect(stderr).toContain("deprecated");
    else expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  it.each(Object.entries(waiting))("%s waits for %s", async (name) => {
    const { code, stderr } = await flameline(["validate", "--stability.level=experimental", pathOf(name)]);
    expect(code).toBe(1);
    expect(stderr).toContain("cannot find the definition of component name");
  });

  it.each(names)("%s is formatted and has a README", async (name) => {
    expect((await flameline(["fmt", "--test", pathOf(name)])).stderr).toBe("");
    expect(existsSync(join(folder, name, "README.md"))).toBe(true);
  });
});

describe.skipIf(missingForCluster.length > 0 || process.getuid?.() !== 0)(
  `${inCluster} (needs kube-apiserver, etcd, openssl and root)`,
  () => {
    it("finds the pods of the cluster around it", { timeout: 120_000 }, async () => {
      await using cluster = await KubernetesCluster.start();
      await cluster.createPod({ name: "web", ip: "10.0.0.1", node: "n1", labels: { app: "web", environment: "test" } });
      const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["list", "watch"] }];
      const token = await cluster.serviceAccount("collector", rules, "default", "ClusterRole");
      await using collector = await Collector.start({ path: pathOf(inCluster), ...cluster.inside(token, "default") });
      await collector.until("/api/v0/web/components/discovery.relabel.pods", async (page) => {
        const text = await page.text();
        return ["namespace", "default", "node", "n1", "app", "web", "environment", "test", "pod_ip", "10.0.0.1"].every((word) =>
          text.includes(JSON.stringify(word)),
        );
      });
      expect(collector.log()).not.toContain("level=error");
    });
  },
);

describe.skipIf(findPart("go") === undefined)("quickstart (needs go)", () => {
  // The example scrapes itself at the default port, so this collector has to have that port.
  it("scrapes itself and delivers CPU and allocations of this very program", { timeout: 90_000 }, async () => {
    await using sink = await Sink.listen();
    await using collector = await Collector.start({ path: pathOf("quickstart"), env: { PYROSCOPE_URL: sink.url }, port: 12_345 });
    const seen = new Map<string, Uint8Array>();
    await collector.until(
      "/-/ready",
      () => {
        for (const { labels, samples } of sink.pushed()) {
          if (labels.get("service_name") === "flameline" && labels.has("host"))
            seen.set(labels.get("__name__"), samples[0]?.raw ?? new Uint8Array());
        }
        return seen.has("process_cpu") && seen.has("memory");
      },
      75_000,
    );
    expect(await pprofRaw(seen.get("process_cpu") ?? new Uint8Array())).toMatch(/cpu\/nanoseconds/);
    expect(await pprofRaw(seen.get("memory") ?? new Uint8Array())).toMatch(/alloc_space\/bytes/);
    expect(collector.log()).not.toContain("level=error");
  });

  it(
    "tells at the start where profiles go, and without its queue gives a sender the error while nothing listens there",
    { timeout: 60_000 },
    async () => {
      await using collector = await Collector.start({
        path: pathOf("quickstart"),
        env: { PYROSCOPE_URL: "http://user:password@127.0.0.1:1" },
        queue: false,
      });
      await expect.poll(() => collector.log()).toContain("hint: pyroscope.write.server sends profiles to http://127.0.0.1:1\n");
      const refused = await fetch("http://127.0.0.1:4040/push.v1.PusherService/Push", {
        method: "POST",
        headers: { "content-type": "application/json", "connect-timeout-ms": "1500" },
        body: JSON.stringify({ series: [{ labels: [{ name: "service_name", value: "app" }], samples: [{ rawProfile: "eA==" }] }] }),
      });
      expect(refused.status).toBeGreaterThanOrEqual(500);
      expect(await refused.text()).toMatch(/failed to push to endpoint .* connection refused/);
      expect(collector.log()).not.toContain("password");
    },
  );
});
