export * from "./define.ts";
export * from "./logger.ts";
export * from "./metrics.ts";
export * from "./own-addresses.ts";
export * from "./profile.ts";
export * from "./receiver.ts";
export * from "./services.ts";
export * from "./source.ts";
