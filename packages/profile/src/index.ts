export * from "./labels/index.ts";
