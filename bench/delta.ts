/** Delta of cumulative profiles beside a parse of the same bytes by github.com/google/pprof; CPU of one core. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { cumulativeTypes, DeltaComputer } from "@flameline/profile";
import { fixturesFolder } from "../tests/support/fixtures.ts";
import { buildGo, measure, runYardstick } from "./go-tools.ts";
import type { Ratio } from "./ratio.ts";

/** A pair of profiles of one process; a single one is its own successor. */
const inputs = [
  { name: "delta, stress heap 545 KB", before: "delta/stress-failure.3.before.pprof", after: "delta/stress-failure.3.after.pprof" },
  { name: "delta, big heap 311 KB", before: "delta/big-heap.pprof", after: "delta/big-heap.pprof" },
  { name: "delta, heap 1 MB", before: "pprof-corpus/heap", after: "pprof-corpus/heap" },
];

/** 1.3 times the reference, which is 1.11 times the yardstick. */
const goal = 1 / 1.44;

/** Compression is the same library on both sides and would only hide the difference. */
const plain = { gunzip: (data: Uint8Array): Uint8Array => data, gzip: (data: Uint8Array): Uint8Array => data };

export async function deltaRatios(): Promise<readonly Ratio[]> {
  const yardsticks = await buildGo("yardsticks", join(import.meta.dirname, "yardsticks"));
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const ratios: Ratio[] = [];
  try {
    for (const input of inputs) {
      const [before, after] = [unpacked(input.before), unpacked(input.after)];
      const file = join(folder, "profile");
      writeFileSync(file, after);
      ratios.push({
        name: input.name,
        ours: measureDelta(before, after),
        yardstick: (await runYardstick(yardsticks, ["parse", file])) / 1000,
        unit: "ms",
        goal,
      });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return ratios;
}

function unpacked(file: string): Uint8Array {
  const bytes = readFileSync(join(fixturesFolder, file));
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
}

/** CPU milliseconds of one profile on its way through a delta whose state is warm. */
function measureDelta(before: Uint8Array, after: Uint8Array): number {
  const delta = new DeltaComputer({ counters: cumulativeTypes["memory"] ?? [], gzip: plain });
  const step = (profile: Uint8Array): void => {
    const result = delta.compute(profile);
    if (result.kind === "delta") result.commit();
  };
  const micros = measure(() => {
    step(before);
    step(after);
  }, 2);
  return micros / 1000;
}
