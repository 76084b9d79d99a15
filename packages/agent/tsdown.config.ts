import { defineConfig } from "tsdown";

/** Bundles the program with everything it needs into `dist`: one file for the start and one for each part that is imported only when it is used. */
export default defineConfig({
  entry: ["src/main.ts"],
  format: "esm",
  platform: "node",
  target: "node24",
  outDir: "dist",
  clean: true,
  dts: false,
  minify: false,
  fixedExtension: false,
  sourcemap: false,
  deps: { alwaysBundle: [/.*/], onlyBundle: false },
});
