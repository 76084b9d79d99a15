/** 5,000 pods on a real API server: how long it takes from the configuration to their targets, and how much the program grows, beside the limits. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Collector } from "../tests/support/flameline.ts";
import { KubernetesCluster } from "../tests/support/kubernetes.ts";
import type { Ratio } from "./ratio.ts";

const pods = 5000;
const limitMs = 2000;
const limitMb = 60;
/** Requests at the same time, to create them. */
const creators = 16;
/** How long memory may settle. */
const settleMs = 5000;

export async function kubernetesRatios(): Promise<readonly Ratio[]> {
  await using cluster = await KubernetesCluster.start();
  for (let team = 0; team < 20; team += 1) await cluster.call("POST", "/api/v1/namespaces", { metadata: { name: `team-${team}` } });
  let next = 0;
  const create = async (): Promise<void> => {
    for (let index = next++; index < pods; index = next++) await createPod(cluster, index);
  };
  await Promise.all(Array.from({ length: creators }, create));
  const configuration = (more: string): string => `discovery.kubernetes "pods" {\n${cluster.access()}\nrole = "pod"\n${more}\n}\n`;
  // Connected, but without pods: what is measured is their list.
  await using collector = await Collector.start({ config: configuration('namespaces {\n  names = ["default"]\n}') });
  await sleep(settleMs);
  const before = residentMb(collector.pid);
  const cpuBefore = cpuMs(collector.pid);
  collector.rewrite(configuration(""));
  const beganAt = performance.now();
  await collector.fetch("/-/reload", { method: "POST" });
  await collector.until(
    "/metrics",
    async (page) => new RegExp(`events_total\\{[^}]*event="add",role="pod"\\} ${pods}\n`).test(await page.text()),
    60_000,
  );
  // Counted are the pods; the next answer comes when their targets are there.
  await collector.text("/-/ready");
  const tookMs = performance.now() - beganAt;
  const cpuTookMs = cpuMs(collector.pid) - cpuBefore;
  await sleep(settleMs);
  const grownMb = residentMb(collector.pid) - before;
  return [
    { name: "5,000 pods, first list to targets", ours: tookMs, yardstick: limitMs, unit: "ms", goal: 1 },
    { name: "5,000 pods, first list to targets, own CPU", ours: cpuTookMs, yardstick: limitMs, unit: "ms", goal: 1 },
    { name: "5,000 pods, growth", ours: grownMb, yardstick: limitMb, unit: "MB", goal: 1 },
  ];
}

/** User and system time of a process; the kernel counts in hundredths of a second. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}

/** A pod of 7.5 KB with two containers and three ports, as a service of a company has them. */
async function createPod(cluster: KubernetesCluster, index: number): Promise<void> {
  const service = `service-${index % 200}`;
  const value = "a value of some length";
  await cluster.createPod({
    name: `${service}-7d9f8b6c5-${index.toString(36).padStart(5, "x")}`,
    namespace: `team-${index % 20}`,
    node: `node-${index % 50}`,
    ip: `10.0.${index >> 8}.${index & 255}`,
    labels: {
      app: service,
      "app.kubernetes.io/name": service,
      "app.kubernetes.io/version": `1.${index % 7}.0`,
      "pod-template-hash": "7d9f8b6c5",
      team: `team-${index % 20}`,
      tier: "backend",
    },
    annotations: {
      "profiles.grafana.com/cpu.scrape": "true",
      "profiles.grafana.com/cpu.port": "6060",
      "kubernetes.io/config.source": "api",
      "checksum/config": String(index).padEnd(64, "a"),
    },
    metadata: {
      ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: `${service}-7d9f8b6c5`, uid: service, controller: true }],
    },
    spec: {
      containers: [
        {
          name: "main",
          image: `registry.test/${service}:1.${index % 7}.0`,
          ports: [
            { name: "http", containerPort: 8080 },
            { name: "pprof", containerPort: 6060 },
          ],
          env: Array.from({ length: 12 }, (_, number) => ({ name: `VARIABLE_${number}`, value })),
          livenessProbe: { httpGet: { path: "/healthz", port: 8080 } },
        },
        { name: "proxy", image: "registry.test/proxy:1.20", ports: [{ name: "metrics", containerPort: 15_090 }] },
      ],
    },
    status: {
      hostIP: `10.200.0.${index % 50}`,
      conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => ({ type, status: "True" })),
      containerStatuses: ["main", "proxy"].map((name) => ({
        name,
        image: name,
        imageID: `registry.test/${name}@sha256:${"0123456789abcdef".repeat(4)}`,
        containerID: `containerd://${index.toString(16).padStart(64, "a")}`,
        ready: true,
        restartCount: 0,
      })),
    },
  });
}
