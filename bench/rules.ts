/** Three relabel rules on a label set beside Prometheus' engine; CPU of one core. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileRules, Labels, relabelRule } from "@flameline/profile";
import { buildGo, measure, runYardstick } from "./go-tools.ts";
import type { Ratio } from "./ratio.ts";

const rules = [
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
] as const;

const labelSets = Array.from({ length: 1000 }, (_, index) => ({
  __name__: "process_cpu",
  service_name: `service-${index % 50}`,
  namespace: `team-${index % 7}`,
  pod: `service-${index % 50}-${(index * 7919).toString(16)}-${index}`,
  env: "production",
  tmp_zone: `zone-${index % 3}`,
  region: "eu-west-1",
}));

export async function ruleRatios(): Promise<readonly Ratio[]> {
  const yardsticks = await buildGo("yardsticks", join(import.meta.dirname, "yardsticks"));
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    const file = join(folder, "relabel.json");
    writeFileSync(file, JSON.stringify({ rules, label_sets: labelSets }));
    const yardstick = await runYardstick(yardsticks, ["relabel", file]);
    return [{ name: "three relabel rules, not cached", ours: measureRules(), yardstick, unit: "µs", goal: 1 }];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function measureRules(): number {
  const compiled = compileRules(rules.map((rule) => relabelRule({ ...rule })));
  const inputs = labelSets.map((set) => Labels.of(set));
  return measure(() => {
    for (const labels of inputs) compiled.apply(labels);
  }, inputs.length);
}
