import { defineConfig } from "vitest/config";

/** Real processes, networks and clocks on a machine of which nothing is known. */
const withRealParts = ["tests/e2e/**/*.test.ts", "tests/faults/**/*.test.ts"];

export default defineConfig({
  test: {
    globalSetup: "tools/fresh-build.ts",
    testTimeout: 20_000,
    maxWorkers: 2,
    // A condition that has to come true: the limit is for a busy machine.
    expect: { poll: { timeout: 5000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "parts",
          include: ["packages/*/src/**/*.test.ts", "tests/**/*.test.ts", "tools/**/*.test.ts"],
          exclude: withRealParts,
        },
      },
      // One more try, which `npm test` names, so that a pause of the machine is told from a fault of the program.
      { extends: true, test: { name: "whole", include: withRealParts, retry: 1 } },
    ],
  },
});
