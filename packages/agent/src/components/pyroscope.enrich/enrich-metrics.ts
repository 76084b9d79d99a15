import type { Counter, Gauge, Metrics } from "../../component/metrics.ts";

const results = ["matched", "late", "unmatched"] as const;
const ends = ["matched", "timeout", "full", "sender", "stopped"] as const;

/** `late`: matched after it had waited for its target. */
export type EnrichResult = (typeof results)[number];

/**
 * Why a call stopped waiting: its targets came, its time or half of its sender's time was up (`timeout`), there was no room for it (`full`), its sender
 * went away, or the component stopped.
 */
export type WaitEnd = (typeof ends)[number];

/** The metrics of `pyroscope.enrich` besides those of its fan-out; the reference has none. All there from the start. */
export interface EnrichMetrics {
  readonly profiles: Readonly<Record<EnrichResult, Counter>>;
  readonly waits: Readonly<Record<WaitEnd, Counter>>;
  readonly waitingBytes: Gauge;
}

export function createEnrichMetrics(metrics: Metrics): EnrichMetrics {
  const profiles = metrics.counter({
    name: "pyroscope_enrich_profiles_total",
    help: "Total number of profiles, by whether a target was found for them",
    labels: ["result"],
  });
  const waits = metrics.counter({
    name: "pyroscope_enrich_waits_total",
    help: "Total number of calls that would wait for targets, by why they went on",
    labels: ["reason"],
  });
  const waitingBytes = metrics.gauge({ name: "pyroscope_enrich_waiting_bytes", help: "Size of the profiles that wait for targets" });
  return {
    profiles: recordOf(results, (result) => profiles.with({ result })),
    waits: recordOf(ends, (reason) => waits.with({ reason })),
    waitingBytes: waitingBytes.with({}),
  };
}

function recordOf<K extends string, V>(keys: readonly K[], valueOf: (key: K) => V): Readonly<Record<K, V>> {
  return Object.fromEntries(keys.map((key) => [key, valueOf(key)])) as Record<K, V>;
}
