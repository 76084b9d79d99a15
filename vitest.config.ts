import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts", "tests/**/*.test.ts", "tools/**/*.test.ts"],
    testTimeout: 20_000,
    maxWorkers: 2,
    // A condition that has to come true: the limit is for a busy machine.
    expect: { poll: { timeout: 5000 } },
  },
});
