export * from "./ast.ts";
export * from "./diagnostic.ts";
export * from "./source.ts";
export * from "./text.ts";
