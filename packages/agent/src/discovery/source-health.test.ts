import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { SourceHealth } from "./source-health.ts";

describe("SourceHealth", () => {
  it("says nothing of a failure that has not lasted", () => {
    const health = new SourceHealth(60_000);
    health.failed(new Error("refused"));
    expect(health.current(0)).toBeUndefined();
  });

  it("is unhealthy with the latest reason, since the first failure, until every source is well", async () => {
    const health = new SourceHealth(10);
    health.failed(new Error("refused"), "a");
    health.failed("gone", "b");
    await sleep(20);
    health.failed(new Error("timeout"), "a");
    expect(health.current(3)).toMatchObject({
      state: "unhealthy",
      message: expect.stringMatching(/^failing since \S+: timeout \(and 1 more\); 3 targets found before stay in use$/) as string,
    });
    health.succeeded("a");
    expect(health.current(3)?.message).toMatch(/: gone; 3 targets/);
    health.succeeded("b");
    expect(health.current(3)).toBeUndefined();
  });
});
