export { Inspector } from "./inspect/inspector.ts";
export type { ComponentJson, HealthJson } from "./inspect/inspector.ts";
export type { ConfigBlock, GraphOptions, MetricsScope, RuntimeOptions, Service } from "./options.ts";
export { Runtime } from "./runtime.ts";
export type { LoadResult } from "./runtime.ts";
export { ConfigPathError, readSources } from "./sources.ts";
export type { ConfigSources } from "./sources.ts";
export { validate } from "./validate/validate.ts";
