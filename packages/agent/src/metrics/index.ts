export * from "./registry.ts";
export * from "./series.ts";
export * from "./text-format.ts";
export * from "./program-metrics.ts";
