import type { HeapProfiler } from "node:inspector";
import type { Profile, ProfileFrame, ProfileSample } from "@flameline/profile";
import { frameOf } from "./stack-frame.ts";

/** Bytes by stack, leaf first. */
export interface HeapStack {
  readonly stack: readonly ProfileFrame[];
  readonly bytes: number;
}

/** The stacks of V8's sampling heap profile that hold something. V8 has scaled the sizes up to estimates of the whole already. */
export function heapStacks({ head }: HeapProfiler.SamplingHeapProfile): readonly HeapStack[] {
  const result: HeapStack[] = [];
  const open: { readonly node: HeapProfiler.SamplingHeapProfileNode; readonly stack: readonly ProfileFrame[] }[] = [
    { node: head, stack: [] },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, stack } = next;
    if (node.selfSize > 0 && stack.length > 0) result.push({ stack, bytes: node.selfSize });
    for (const child of node.children) open.push({ node: child, stack: [frameOf(child.callFrame), ...stack] });
  }
  return result;
}

export interface HeapProfileOptions {
  /** `inuse_space` or `alloc_space`. V8 gives no number of objects, so there is no `*_objects` type. */
  readonly type: "inuse_space" | "alloc_space";
  /** Mean number of bytes between two samples. */
  readonly intervalBytes: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly durationMs: number;
}

export function heapProfile(stacks: Iterable<HeapStack>, { type, intervalBytes, startedAt, durationMs }: HeapProfileOptions): Profile {
  return {
    sampleTypes: [{ type, unit: "bytes" }],
    periodType: { type: "space", unit: "bytes" },
    period: intervalBytes,
    timeMs: startedAt + durationMs,
    durationMs,
    samples: Array.from(stacks, ({ stack, bytes }): ProfileSample => ({ stack, values: [Math.round(bytes)] })),
  };
}
