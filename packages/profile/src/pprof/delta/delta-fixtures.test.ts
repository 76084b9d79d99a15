import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { goPprofRaw, hasGo, rawSums } from "../../testing/go-pprof.ts";
import { nodeGzip } from "../../testing/gzip.ts";
import { decodePprof, meaningOf, type PprofProfile } from "../../testing/pprof-messages.ts";
import { isGzip } from "../gzip.ts";
import { cumulativeTypes, DeltaComputer } from "./delta-computer.ts";

const fixtures = process.env["FLAMELINE_FIXTURES"] ?? join(import.meta.dirname, "../../../../../../shared/fixtures");

const pairs: readonly (readonly [type: string, before: string, after: string])[] = [
  ["memory", "delta/heap.before.pprof", "delta/heap.after.pprof"],
  ["memory", "delta/stress-failure.3.before.pprof", "delta/stress-failure.3.after.pprof"],
  ["memory", "delta/big-heap.pprof", "delta/big-heap.pprof"],
  ["block", "delta/block.before.pprof", "delta/block.after.pprof"],
  ["memory", "pprof/go-allocs-1.pb.gz", "pprof/go-allocs-2.pb.gz"],
  ["memory", "pprof/go-heap-1.pb.gz", "pprof/go-heap-2.pb.gz"],
  ["mutex", "pprof/go-mutex-1.pb.gz", "pprof/go-mutex-2.pb.gz"],
  ["block", "pprof/go-block-1.pb.gz", "pprof/go-block-2.pb.gz"],
];

function deltaBytes(type: string, before: string, after: string): Uint8Array {
  const computer = new DeltaComputer({ counters: cumulativeTypes[type] ?? [], gzip: nodeGzip });
  computer.compute(readFileSync(join(fixtures, before)));
  const result = computer.compute(readFileSync(join(fixtures, after)));
  if (result.kind === "baseline") throw new Error("a baseline");
  return result.profile;
}

function readFixture(name: string): PprofProfile {
  const bytes = readFileSync(join(fixtures, name));
  return decodePprof(isGzip(bytes) ? gunzipSync(bytes) : bytes);
}

function sumsOf(profile: PprofProfile): Map<string, readonly bigint[]> {
  const sums = new Map<string, readonly bigint[]>();
  for (const { stack, labels, values } of meaningOf(profile)) {
    const old = sums.get(`${stack} ${labels}`);
    sums.set(
      `${stack} ${labels}`,
      values.map((value, column) => BigInt(value) + (old?.[column] ?? 0n)),
    );
  }
  return sums;
}

/** After minus before on the counters, without samples that are all zero. */
function expectedSums(type: string, before: PprofProfile, after: PprofProfile): Map<string, readonly bigint[]> {
  const old = sumsOf(before);
  const counters = after.sampleType?.map(
    (one) => cumulativeTypes[type]?.some((counter) => counter.type === after.stringTable?.[Number(one.type)]) ?? false,
  );
  const risen = [...sumsOf(after)].map(([key, values]) => {
    return [key, values.map((value, column) => (counters?.[column] === true ? value - (old.get(key)?.[column] ?? 0n) : value))] as const;
  });
  return new Map(risen.filter(([, values]) => values.some((value) => value !== 0n)));
}

describe.skipIf(!existsSync(fixtures))("DeltaComputer on profiles of real programs", () => {
  it.each(pairs)("%s profile %s", (type, before, after) => {
    const [first, second] = [readFixture(before), readFixture(after)];
    const delta = decodePprof(gunzipSync(deltaBytes(type, before, after)));
    expect(sumsOf(delta)).toEqual(expectedSums(type, first, second));
    const elapsed = BigInt(second.timeNanos ?? 0) - BigInt(first.timeNanos ?? 0);
    expect(delta.durationNanos).toBe(elapsed > 0n ? String(elapsed) : undefined);
  });

  it.skipIf(!hasGo).each(pairs)("go tool pprof -diff_base says the same of the counters of %s profile %s", (type, before, after) => {
    const [first, second] = [before, after].map((name) => readFileSync(join(fixtures, name)));
    if (first === undefined || second === undefined) return;
    const counters = [0, 1];
    const ours = rawSums(goPprofRaw(deltaBytes(type, before, after)), counters);
    const theirs = [...rawSums(goPprofRaw(second, first), counters)];
    if (after.startsWith("pprof/")) expect(ours.size).toBeGreaterThan(0);
    // A stack that has vanished has no rise.
    expect(ours).toEqual(new Map(theirs.filter(([, values]) => values.some((value) => value > 0n))));
  });
});
