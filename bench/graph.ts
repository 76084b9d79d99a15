/** A graph of 1,000 components: how long a load, a reload and one changed export take (CPU of one core), and 10,000 targets with rules; beside their limits. */
import { setImmediate as tick } from "node:timers/promises";
import { relabelRule } from "@flameline/profile";
import { Source } from "@flameline/syntax";
import { discoveryRelabel } from "../packages/agent/src/components/discovery.relabel/component.ts";
import { TargetRelabeler } from "../packages/agent/src/components/discovery.relabel/target-relabeler.ts";
import { Target } from "../packages/agent/src/component/target.ts";
import { TestProgram } from "../packages/agent/src/runtime/testing/test-program.ts";
import { sourcesOf } from "../packages/agent/src/runtime/testing/toy-components.ts";
import { Probes } from "../packages/agent/src/runtime/testing/probe.ts";
import type { Ratio } from "./ratio.ts";
import { podLabels, podRules } from "./rules.ts";

const size = 1000;
const changes = 50;

/** A source, a component that follows it, and targets that are relabelled in chains of ten. */
function configuration(value: string): string {
  const chains = Array.from({ length: size - 2 }, (_, index) => {
    const targets = index % 10 === 0 ? `[{"__address__" = "a:${index}", "v" = "${value}"}]` : `discovery.relabel.r${index - 1}.output`;
    return `discovery.relabel "r${index}" {\n  targets = ${targets}\n  rule {\n    target_label = "n"\n    replacement = "${index}"\n  }\n}\n`;
  });
  return `test.probe "source" {\n  output = "x"\n}\ntest.probe "follower" {\n  input = test.probe.source.output\n}\n${chains.join("")}`;
}

const targetCount = 10_000;

/** 10,000 pods through ten rules for the first time in this process, and again when ten of them are others. Milliseconds of the clock. */
function relabelTargets(): { readonly first: number; readonly changed: number } {
  const relabeler = new TargetRelabeler();
  const rules = podRules.map(relabelRule);
  const targets = Array.from({ length: targetCount }, (_, index) => Target.of(podLabels(index)));
  const started = performance.now();
  const before = new Set(relabeler.relabel(targets, rules));
  const first = performance.now() - started;
  for (let index = 0; index < 10; index += 1) targets[index * 900] = Target.of(podLabels(targetCount + index));
  const again = performance.now();
  const after = relabeler.relabel(targets, rules);
  const changed = performance.now() - again;
  const others = after.filter((target) => !before.has(target)).length;
  if (after.length !== targetCount || others !== 10) throw new Error(`${others} of ${after.length} targets are others instead of 10`);
  return { first, changed };
}

export async function graphRatios(): Promise<readonly Ratio[]> {
  const relabelled = relabelTargets();
  const probes = new Probes();
  const components = new Map([...probes.sources, ...sourcesOf([discoveryRelabel])]);
  const test = new TestProgram({ components });
  const load = (value: string): Promise<number> =>
    cpuMs(async () => {
      const { diagnostics } = await test.runtime.load([new Source("graph.alloy", configuration(value))]);
      if (diagnostics.length > 0) throw new Error(diagnostics[0]?.message);
    });
  const first = await load("1");
  test.start();
  const reload = await load("1");
  const update = await load("2");
  await settled();
  probes.take();
  const change = await cpuMs(async () => {
    for (let count = 1; count <= changes; count += 1) {
      probes.publish("source", String(count));
      while (probes.events.length < count) await tick();
    }
  });
  await test.stop();
  const limit = (name: string, ours: number, yardstick: number): Ratio => ({ name, ours, yardstick, unit: "ms", goal: 1 });
  return [
    limit("graph of 1,000, first load", first, 1000),
    limit("graph of 1,000, reload", reload, 1000),
    limit("graph of 1,000, all updated", update, 1000),
    limit("graph of 1,000, one export", change / changes, 5),
    limit("10,000 targets, ten rules", relabelled.first, 150),
    limit("10,000 targets, ten changed", relabelled.changed, 150),
  ];
}

async function cpuMs(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function settled(): Promise<void> {
  for (let round = 0; round < 50; round += 1) await tick();
}
