import type { Profiler, Runtime } from "node:inspector";
import type { Profile, ProfileFrame, ProfileSample } from "@flameline/profile";
import { frameOf, syntheticFrame } from "./stack-frame.ts";

/** What the process used while V8 sampled, in microseconds. */
export interface CpuUsage {
  /** The thread that runs JavaScript. */
  readonly thread: number;
  /** All threads together. */
  readonly process: number;
}

const idle = "(idle)";
const otherThreads = "(threads other than JavaScript's)";
const root = "(root)";

/**
 * A V8 CPU profile as pprof: `samples/count`, `cpu/nanoseconds`.
 *
 * V8 samples wall-clock time of one thread. To tell CPU time: samples of the idle loop are left out, the rest is scaled down to the CPU time that the
 * thread really used (a thread that waits in a synchronous call is sampled but uses none), and the CPU time of all other threads (compiler, garbage
 * collector, thread pool) stands in one frame of its own, because V8 has no stacks for them.
 *
 * @param startedAt milliseconds since 1970
 * @param intervalUs the sampling interval that was asked for, in microseconds
 */
export function cpuProfile(recorded: Profiler.Profile, usage: CpuUsage, startedAt: number, intervalUs: number): Profile {
  const leaves = weighLeaves(recorded);
  const busy = leaves.reduce((sum, { weightUs }) => sum + weightUs, 0);
  const scale = busy > usage.thread ? usage.thread / busy : 1;
  const samples = leaves.map(({ stack, count, weightUs }): ProfileSample => ({ stack, values: [count, nanoseconds(weightUs * scale)] }));
  const others = usage.process - usage.thread;
  if (others > 0) samples.push({ stack: [syntheticFrame(otherThreads)], values: [Math.round(others / intervalUs), nanoseconds(others)] });
  return {
    sampleTypes: [
      { type: "samples", unit: "count" },
      { type: "cpu", unit: "nanoseconds" },
    ],
    periodType: { type: "cpu", unit: "nanoseconds" },
    period: intervalUs * 1000,
    timeMs: startedAt,
    durationMs: (recorded.endTime - recorded.startTime) / 1000,
    samples,
  };
}

interface Leaf {
  readonly stack: readonly ProfileFrame[];
  count: number;
  weightUs: number;
}

/** Sums samples by stack, without the idle ones. The time before a sample is its weight. */
function weighLeaves({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): readonly Leaf[] {
  const stackOf = stacksByNode(nodes);
  const leaves = new Map<number, Leaf>();
  for (const [index, node] of samples.entries()) {
    const stack = stackOf(node);
    if (stack.length === 0 || stack[0]?.function === idle) continue;
    const leaf = leaves.get(node) ?? { stack, count: 0, weightUs: 0 };
    leaf.count += 1;
    leaf.weightUs += Math.max(0, timeDeltas[index] ?? 0);
    leaves.set(node, leaf);
  }
  return [...leaves.values()];
}

interface TreeNode {
  readonly id: number;
  readonly callFrame: Runtime.CallFrame;
  readonly children?: readonly number[] | undefined;
}

/** From a node of V8's call tree to its frames, leaf first, without the root. */
function stacksByNode(nodes: readonly TreeNode[]): (id: number) => readonly ProfileFrame[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, frameOf(callFrame)]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  return (id) => {
    const stack: ProfileFrame[] = [];
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const frame = frames.get(at);
      if (frame !== undefined && frame.function !== root) stack.push(frame);
    }
    return stack;
  };
}

function nanoseconds(microseconds: number): number {
  return Math.round(microseconds * 1000);
}
