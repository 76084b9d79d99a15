export { encodeProfile } from "./encode-profile.ts";
export type { Profile, ProfileFrame, ProfileSample, ValueType } from "./profile.ts";
