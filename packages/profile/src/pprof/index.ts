export {
  cumulativeTypes,
  defaultDeltaLimits,
  type Delta,
  type DeltaBaseline,
  DeltaComputer,
  type DeltaLimits,
  type DeltaOptions,
  type DeltaResult,
} from "./delta/delta-computer.ts";
export { dateProfile } from "./date-profile.ts";
export { encodeProfile } from "./encode-profile.ts";
export { type Gzip, isGzip, unpacked } from "./gzip.ts";
export { defaultProfileLimits, type ProfileLimits } from "./limits.ts";
export type { Profile, ProfileFrame, ProfileSample, ValueType } from "./profile.ts";
export { mergeProfiles } from "./rebuild/merge-profiles.ts";
export { type RelabelledSamples, relabelSamples } from "./rebuild/relabel-samples.ts";
export type { SplitSizes } from "./rebuild/rewrite-profile.ts";
export { type SplitProfile, splitProfile } from "./rebuild/split-profile.ts";
export { type RepairedLabels, repairLabels } from "./repair/repair-labels.ts";
export { defaultRepairLimits, type RepairKind, repairKinds, type RepairLimits, type RepairOptions } from "./repair/repair-limits.ts";
export { type RepairedProfile, repairProfile } from "./repair/repair-profile.ts";
export { sniffPprof } from "./sniff.ts";
