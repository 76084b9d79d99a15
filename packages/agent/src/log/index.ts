export * from "./logging-block.ts";
export * from "./logging.ts";
export * from "./output-queue.ts";
export * from "./tracing-block.ts";
