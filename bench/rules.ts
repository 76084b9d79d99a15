/** Relabel rules on label sets beside Prometheus' engine; CPU of one core. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileRules, Labels, RelabelCache, type RelabelRule, relabelRule } from "@flameline/profile";
import { buildGo, measure, runYardstick } from "./go-tools.ts";
import type { Ratio } from "./ratio.ts";

type RuleInput = Omit<RelabelRule, "modulus">;

const rules: readonly RuleInput[] = [
  { action: "replace", source_labels: ["namespace", "pod"], separator: "/", regex: "(.*)", target_label: "instance", replacement: "$1" },
  {
    action: "replace",
    source_labels: ["pod"],
    separator: ";",
    regex: "(.+)-[0-9a-f]+-[0-9]+",
    target_label: "workload",
    replacement: "$1",
  },
  { action: "labeldrop", source_labels: [], separator: ";", regex: "(env|tmp_.+)", target_label: "", replacement: "$1" },
];

const labelSets = Array.from({ length: 1000 }, (_, index) => ({
  __name__: "process_cpu",
  service_name: `service-${index % 50}`,
  namespace: `team-${index % 7}`,
  pod: `service-${index % 50}-${(index * 7919).toString(16)}-${index}`,
  env: "production",
  tmp_zone: `zone-${index % 3}`,
  region: "eu-west-1",
}));

const rule = (
  action: string,
  source_labels: readonly string[],
  regex: string,
  target_label = "",
  replacement = "$1",
  separator = ";",
): RuleInput => ({
  action,
  source_labels,
  separator,
  regex,
  target_label,
  replacement,
});

/** What configurations do with the labels of a discovered pod: ten rules. */
export const podRules: readonly RuleInput[] = [
  rule("drop", ["__meta_kubernetes_pod_phase"], "Pending|Succeeded|Failed|Completed"),
  rule("keep", ["__meta_kubernetes_pod_annotation_profiles_grafana_com_cpu_scrape"], "(?i)true|yes|1"),
  rule("replace", ["__meta_kubernetes_namespace"], "(.*)", "namespace"),
  rule("replace", ["__meta_kubernetes_pod_name"], "(.*)", "pod"),
  rule("replace", ["__meta_kubernetes_namespace", "__meta_kubernetes_pod_container_name"], "(.*)@(.*)", "service_name", "${1}/${2}", "@"),
  rule(
    "replace",
    ["__address__", "__meta_kubernetes_pod_annotation_profiles_grafana_com_cpu_port"],
    "([^:]+)(?::\\d+)?;(\\d+)",
    "__address__",
    "$1:$2",
  ),
  rule("replace", ["__meta_kubernetes_pod_controller_name"], "(.+)-[0-9a-f]+", "workload"),
  rule("labelmap", [], "__meta_kubernetes_pod_label_(.+)"),
  rule("labeldrop", [], "pod_template_hash|controller_.+"),
  rule("replace", ["__meta_kubernetes_pod_node_name"], "(.*)", "node"),
];

/** Labels of a discovered pod: 28. */
export const podLabels = (index: number): Readonly<Record<string, string>> => ({
  __address__: `10.0.${index % 200}.${index % 250}:8080`,
  __meta_kubernetes_namespace: `team-${index % 7}`,
  __meta_kubernetes_pod_name: `cart-7d9f${index}-x2x`,
  __meta_kubernetes_pod_container_name: "app",
  __meta_kubernetes_pod_container_port_name: "http",
  __meta_kubernetes_pod_container_port_number: "8080",
  __meta_kubernetes_pod_container_port_protocol: "TCP",
  __meta_kubernetes_pod_container_id: `containerd://${(index * 7919).toString(16).padStart(64, "0")}`,
  __meta_kubernetes_pod_container_image: "registry.example/cart:1.2.3",
  __meta_kubernetes_pod_container_init: "false",
  __meta_kubernetes_pod_controller_kind: "ReplicaSet",
  __meta_kubernetes_pod_controller_name: `cart-7d9f${index % 10}`,
  __meta_kubernetes_pod_host_ip: `10.1.0.${index % 250}`,
  __meta_kubernetes_pod_ip: `10.0.${index % 200}.${index % 250}`,
  __meta_kubernetes_pod_node_name: `node-${index % 30}`,
  __meta_kubernetes_pod_phase: "Running",
  __meta_kubernetes_pod_ready: "true",
  __meta_kubernetes_pod_uid: `00000000-0000-0000-0000-${String(index).padStart(12, "0")}`,
  __meta_kubernetes_pod_label_app: "cart",
  __meta_kubernetes_pod_label_team: `team-${index % 7}`,
  __meta_kubernetes_pod_label_version: "1.2.3",
  __meta_kubernetes_pod_label_pod_template_hash: `7d9f${index}`,
  __meta_kubernetes_pod_labelpresent_app: "true",
  __meta_kubernetes_pod_labelpresent_team: "true",
  __meta_kubernetes_pod_annotation_profiles_grafana_com_cpu_scrape: "true",
  __meta_kubernetes_pod_annotation_profiles_grafana_com_cpu_port: "6060",
  __meta_kubernetes_pod_annotationpresent_profiles_grafana_com_cpu_scrape: "true",
  __meta_kubernetes_pod_annotationpresent_profiles_grafana_com_cpu_port: "true",
});

const pods = Array.from({ length: 1000 }, (_, index) => podLabels(index));

/** A hit of the cache takes at most a microsecond. */
const mostMicrosecondsOfHit = 1;

export async function ruleRatios(): Promise<readonly Ratio[]> {
  const yardsticks = await buildGo("yardsticks", join(import.meta.dirname, "yardsticks"));
  return [
    { name: "three relabel rules, not cached", ...(await measureBoth(yardsticks, rules, labelSets)), unit: "µs", goal: 1 },
    { name: "ten relabel rules on a pod's 28 labels, not cached", ...(await measureBoth(yardsticks, podRules, pods)), unit: "µs", goal: 1 },
    { name: "ten relabel rules, cached", ours: measureHits(), yardstick: mostMicrosecondsOfHit, unit: "µs", goal: 1 },
  ];
}

async function measureBoth(
  yardsticks: string,
  list: readonly RuleInput[],
  sets: readonly Readonly<Record<string, string>>[],
): Promise<Pick<Ratio, "ours" | "yardstick">> {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    const file = join(folder, "relabel.json");
    writeFileSync(file, JSON.stringify({ rules: list, label_sets: sets }));
    return { ours: measureRules(list, sets), yardstick: await runYardstick(yardsticks, ["relabel", file]) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function measureRules(list: readonly RuleInput[], sets: readonly Readonly<Record<string, string>>[]): number {
  const compiled = compileRules(list.map(relabelRule));
  const inputs = sets.map((set) => Labels.of(set));
  return measure(() => {
    for (const labels of inputs) compiled.apply(labels);
  }, inputs.length);
}

/** Label sets as sources make them once and send again and again. */
function measureHits(): number {
  const cache = new RelabelCache(compileRules(podRules.map(relabelRule)), 10_000);
  const inputs = pods.map((set) => Labels.of(set));
  return measure(() => {
    for (const labels of inputs) cache.apply(labels);
  }, inputs.length);
}
