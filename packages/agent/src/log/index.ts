export * from "./logging.ts";
export * from "./output-queue.ts";
