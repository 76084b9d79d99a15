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
export { encodeProfile } from "./encode-profile.ts";
export { type Gzip, isGzip } from "./gzip.ts";
export type { Profile, ProfileFrame, ProfileSample, ValueType } from "./profile.ts";
export { sniffPprof } from "./sniff.ts";
