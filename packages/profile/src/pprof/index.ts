export { encodeProfile } from "./encode-profile.ts";
export { type Gzip, isGzip } from "./gzip.ts";
export type { Profile, ProfileFrame, ProfileSample, ValueType } from "./profile.ts";
export { sniffPprof } from "./sniff.ts";
