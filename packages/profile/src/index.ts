export * from "./labels/index.ts";
export * from "./pprof/index.ts";
export * from "./push/index.ts";
export * from "./relabel/index.ts";
export { ProfileDataError, type ProfileDataErrorCode } from "./profile-data-error.ts";
export * from "./wire/index.ts";
