import { cumulativeTypes } from "@flameline/profile";

/** One kind of profile that is asked of every target. */
export interface ProfileType {
  /** The profile's `__name__`. */
  readonly name: string;
  readonly path: string;
  /** The target measures while the request runs: it is told for how many `seconds`. */
  readonly delta: boolean;
}

export interface BuiltinProfileType extends ProfileType {
  readonly enabled: boolean;
  readonly doc: string;
}

/** The block `profile.<name>` of each of these exists in `profiling_config`. */
export const builtinProfileTypes = {
  memory: { name: "memory", path: "/debug/pprof/allocs", delta: false, enabled: true, doc: "Memory: allocations and what is in use." },
  block: { name: "block", path: "/debug/pprof/block", delta: false, enabled: true, doc: "Waiting on synchronisation." },
  goroutine: { name: "goroutine", path: "/debug/pprof/goroutine", delta: false, enabled: true, doc: "Stacks of all goroutines." },
  mutex: { name: "mutex", path: "/debug/pprof/mutex", delta: false, enabled: true, doc: "Contention on mutexes." },
  process_cpu: { name: "process_cpu", path: "/debug/pprof/profile", delta: true, enabled: true, doc: "CPU time." },
  fgprof: { name: "fgprof", path: "/debug/fgprof", delta: true, enabled: false, doc: "Wall time as fgprof measures it." },
  godeltaprof_memory: {
    name: "godeltaprof_memory",
    path: "/debug/pprof/delta_heap",
    delta: false,
    enabled: false,
    doc: "Memory, the difference being computed by godeltaprof in the target.",
  },
  godeltaprof_mutex: {
    name: "godeltaprof_mutex",
    path: "/debug/pprof/delta_mutex",
    delta: false,
    enabled: false,
    doc: "Contention on mutexes, the difference being computed by godeltaprof in the target.",
  },
  godeltaprof_block: {
    name: "godeltaprof_block",
    path: "/debug/pprof/delta_block",
    delta: false,
    enabled: false,
    doc: "Waiting on synchronisation, the difference being computed by godeltaprof in the target.",
  },
} as const satisfies Readonly<Record<string, BuiltinProfileType>>;

/** What a profile is forwarded as. */
export interface ForwardedType {
  readonly name: string;
  /** The collector has to subtract the scrape before. */
  readonly cumulative: boolean;
}

/** godeltaprof's types are forwarded under the plain names, and are differences already. */
export function forwardedType(name: string): ForwardedType {
  const plain = name.startsWith("godeltaprof_") ? name.slice("godeltaprof_".length) : name;
  if (plain !== name && isCumulative(plain)) return { name: plain, cumulative: false };
  return { name, cumulative: isCumulative(name) };
}

/** Go shows totals since the program's start for these: what is forwarded is the difference between two scrapes. */
function isCumulative(name: string): boolean {
  return Object.hasOwn(cumulativeTypes, name);
}
