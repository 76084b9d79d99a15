import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shedOrder } from "./delta-budget.ts";
import { DeltaStage } from "./delta-stage.ts";
import { testBudget } from "./testing/test-budget.ts";
import { heapProfile, sampleValues } from "./testing/heap-profile.ts";

describe("DeltaStage", () => {
  it("subtracts what got through, and repeats what did not", async () => {
    const stage = new DeltaStage("memory", testBudget().budget, 1 << 20);
    expect(await stage.prepare(heapProfile(1, 1))).toBeUndefined();
    const second = await stage.prepare(gzipSync(heapProfile(3, 1)));
    expect(sampleValues(second?.data ?? new Uint8Array())).toEqual([[2, 20, 1, 10]]);
    expect(second?.rollback()).toBe(true);
    const third = await stage.prepare(heapProfile(6, 1));
    expect(sampleValues(third?.data ?? new Uint8Array())).toEqual([[5, 50, 1, 10]]);
    third?.commit();
    expect(sampleValues((await stage.prepare(heapProfile(7, 1)))?.data ?? new Uint8Array())).toEqual([[1, 10, 1, 10]]);
  });

  it("does not unpack a bomb, and keeps what it remembers", async () => {
    const stage = new DeltaStage("memory", testBudget().budget, 1 << 20);
    await stage.prepare(heapProfile(1, 1));
    const bomb = gzipSync(new Uint8Array(100 << 20));
    const before = process.memoryUsage.rss();
    await expect(stage.prepare(bomb)).rejects.toThrow("decompressing profile: ");
    expect(process.memoryUsage.rss() - before).toBeLessThan(50 << 20);
    expect(await stage.prepare(heapProfile(2, 1))).toBeDefined();
  });

  it("begins anew after it was given up, and says that what was under way is not made up for", async () => {
    const { budget } = testBudget();
    const stage = new DeltaStage("memory", budget, 1 << 20);
    await stage.prepare(heapProfile(1, 1));
    const second = await stage.prepare(heapProfile(3, 1));
    budget.resize(1);
    expect(stage.heldBytes).toBe(0);
    expect(stage.ready()).toBe(false);
    expect(sampleValues(second?.data ?? new Uint8Array())).toEqual([[2, 20, 1, 10]]);
    expect(second?.rollback()).toBe(false);
    expect(await stage.prepare(heapProfile(4, 1))).toBeUndefined();
    expect(budget.usedBytes).toBe(0);
  });

  it("comes back with a baseline", async () => {
    const { budget, clock } = testBudget();
    const stage = new DeltaStage("memory", budget, 1 << 20);
    await stage.prepare(heapProfile(1, 1));
    budget.resize(1);
    budget.resize(1 << 20);
    clock.now += 1000;
    expect(stage.ready()).toBe(true);
    expect(await stage.prepare(heapProfile(5, 1))).toBeUndefined();
    const next = await stage.prepare(heapProfile(7, 1));
    expect(sampleValues(next?.data ?? new Uint8Array())).toEqual([[2, 20, 1, 10]]);
  });

  it("holds nothing on account when all jobs have ended, whatever happened", async () => {
    const step = fc.record({
      stage: fc.nat({ max: 5 }),
      action: fc.constantFrom("commit", "rollback", "leave", "release", "resize"),
      stacks: fc.nat({ max: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { budget, clock } = testBudget(30_000);
        const stages = Array.from({ length: 6 }, (_, index) => new DeltaStage(shedOrder[index % 3] ?? "", budget, 1 << 20));
        for (const [count, { stage: index, action, stacks }] of steps.entries()) {
          clock.now += 400;
          const stage = stages[index];
          if (stage === undefined) continue;
          if (action === "release") stage.release();
          if (action === "resize") budget.resize(20_000 + stacks * 500);
          const prepared = await stage.prepare(heapProfile(count + 1, 1, stacks));
          if (action === "commit") prepared?.commit();
          if (action === "rollback") prepared?.rollback();
          expect(budget.usedBytes).toBeLessThanOrEqual(budget.limitBytes);
          expect(budget.usedBytes).toBe(stages.reduce((sum, { heldBytes }) => sum + heldBytes, 0));
        }
        for (const stage of stages) stage.release();
        expect([budget.usedBytes, budget.shedStates]).toEqual([0, 0]);
      }),
    );
  });
});
