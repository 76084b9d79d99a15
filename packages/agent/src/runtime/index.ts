export { LiveFeed } from "./inspect/live-feed.ts";
export type { ConfigBlock, GraphOptions, ImportContext, ImportKind, ImportReader, ImportedContent, RuntimeOptions } from "./options.ts";
export { IsolatedRuntime, Runtime } from "./runtime.ts";
export { ConfigPathError, readSources } from "./sources.ts";
export type { ConfigSources } from "./sources.ts";
export { validate } from "./validate/validate.ts";
export { Journeys } from "./journey/journeys.ts";
