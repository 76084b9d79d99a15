import { defineConfig } from "tsdown";

/**
 * V8 keeps the text of the program in memory, and twice as much of it when there is a single letter beyond Latin-1 in a file. With comments gone such letters
 * stand in literals only, where an escape means the same.
 */
const latinText = {
  name: "latin-text",
  renderChunk: (code: string) => code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
};

/** Bundles the program with everything it needs into `dist`: one file for the start and one for each part that is imported only when it is used. */
export default defineConfig({
  entry: ["src/main.ts"],
  format: "esm",
  platform: "node",
  target: "node24",
  outDir: "dist",
  clean: true,
  dts: false,
  // Names and lines stay: the program profiles itself.
  minify: false,
  outputOptions: { comments: false },
  plugins: [latinText],
  fixedExtension: false,
  sourcemap: false,
  deps: { alwaysBundle: [/.*/], onlyBundle: false },
});
