/** Work inside profiles that are not compressed, beside the time that it may take; CPU of one core, and memory beside the size of the profile. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  compileRules,
  defaultRepairLimits,
  encodeProfile,
  Labels,
  relabelRule,
  relabelSamples,
  type RepairOptions,
  repairKinds,
  repairProfile,
  splitProfile,
} from "@flameline/profile";
import { corpusProfiles } from "../packages/profile/src/testing/corpora.ts";
import { runCommand } from "../tools/run-command.ts";
import { measure } from "./go-tools.ts";
import type { Ratio } from "./ratio.ts";

const inputs = ["heap", "heap.pb.gz", "profile_ruby", "go.cpu.labels.pprof"];

/** Bytes in a microsecond, that is MB/s. */
const leastSpeed = 40;

/** Peak memory beyond what was used before, in sizes of the profile. */
const mostMemory = 3;

const rules = compileRules(
  [
    { action: "labeldrop", regex: "profile_id|thread_id" },
    { source_labels: ["function"], target_label: "code" },
  ].map(relabelRule),
  { keepEmpty: true },
);

const series = Labels.of({ __name__: "process_cpu", service_name: "app" });
const options: RepairOptions = { limits: defaultRepairLimits, kinds: new Set(repairKinds), now: Date.now() };

type Work = (profile: Uint8Array) => unknown;

/** The recorded profiles are too old, so that repair has to write them anew. */
const works: Readonly<Record<string, Work>> = {
  relabel: (profile) => relabelSamples(profile, rules),
  split: (profile) => splitProfile(profile, { maxBytes: profile.length / 2, maxSamples: 16_000 }),
  repair: (profile) => repairProfile(profile, series, options),
};

export async function rebuildRatios(): Promise<readonly Ratio[]> {
  const profiles = corpusProfiles().filter(({ name }) => inputs.includes(name));
  const speeds = Object.entries(works).flatMap(([work, run]) =>
    profiles.map(({ name, bytes }) => ({
      name: `${work}, ${name} ${Math.round(bytes.length / 1000)} KB`,
      ours: measure(() => run(bytes)) / 1000,
      yardstick: bytes.length / leastSpeed / 1000,
      unit: "ms",
      goal: 1,
    })),
  );
  return [...speeds, ...(await memoryRatios())];
}

async function memoryRatios(): Promise<readonly Ratio[]> {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  try {
    const file = join(folder, "profile");
    const bytes = largeProfile();
    writeFileSync(file, bytes);
    const ratios: Ratio[] = [];
    for (const work of Object.keys(works)) {
      const { code, output } = await runCommand("node", ["--expose-gc", import.meta.filename, work, file]);
      if (code !== 0) throw new Error(output);
      ratios.push({
        name: `${work}, memory for ${bytes.length >> 20} MiB`,
        ours: Number(output) / 2 ** 20,
        yardstick: bytes.length / 2 ** 20,
        unit: "MiB",
        goal: mostMemory,
      });
    }
    return ratios;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Stacks of 20 with a label each, out of 40,000 functions; neighbours have functions in common, as in profiles of programs. */
function largeProfile(): Uint8Array {
  const frames = Array.from({ length: 40_000 }, (_, index) => ({
    function: `github.com/example/service/internal/package${index % 97}.(*Type${index % 31}).method${index}`,
    file: `/src/service/internal/package${index % 97}/file${index % 13}.go`,
    functionLine: index % 300,
    line: (index % 300) + 5,
  }));
  const samples = Array.from({ length: 250_000 }, (_, index) => ({
    stack: Array.from(
      { length: 20 },
      (_, depth) => frames[Math.floor(index * 0.15) + ((index * (depth + 1) * 7919) % 400)] ?? frames[0],
    ).filter((frame) => frame !== undefined),
    values: [1, index * 1000],
    labels: { thread: `worker-${index % 500}` },
  }));
  const sampleTypes = [
    { type: "samples", unit: "count" },
    { type: "cpu", unit: "nanoseconds" },
  ];
  return encodeProfile({ sampleTypes, timeMs: 1, durationMs: 1, samples });
}

/** In a process of its own: prints how many bytes the work needed at its peak. */
async function printMemory(work: string, file: string): Promise<void> {
  const { readFileSync } = await import("node:fs");
  const profile = readFileSync(file);
  const run = works[work];
  // Code and tables that every process has once.
  run?.(corpusProfiles()[0]?.bytes ?? new Uint8Array());
  for (let round = 0; round < 3; round += 1) globalThis.gc?.();
  const before = process.memoryUsage.rss();
  run?.(profile);
  console.log(Math.max(0, process.resourceUsage().maxRSS * 1024 - before));
}

if (import.meta.main && process.argv[2] !== undefined) await printMemory(process.argv[2], process.argv[3] ?? "");
