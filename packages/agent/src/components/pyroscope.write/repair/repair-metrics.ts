import { type RepairKind, repairKinds } from "@flameline/profile";
import type { Counter, Metrics } from "../../../component/metrics.ts";

/** Profiles that were repaired, by kind. All there from the start. */
export type RepairCounters = Readonly<Record<RepairKind, Counter>>;

export function createRepairCounters(metrics: Metrics): RepairCounters {
  const family = metrics.counter({
    name: "pyroscope_write_repaired_profiles_total",
    help: "Total number of profiles that were changed because a server would have refused them, by what was wrong",
    labels: ["kind"],
  });
  return Object.fromEntries(repairKinds.map((kind) => [kind, family.with({ kind })])) as RepairCounters;
}
