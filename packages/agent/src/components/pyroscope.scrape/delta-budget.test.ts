import { cumulativeTypes } from "@flameline/profile";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DeltaState, shedOrder } from "./delta-budget.ts";
import { testBudget } from "./testing/test-budget.ts";

interface State extends DeltaState {
  forgotten: number;
}

function state(profileType: string): State {
  return {
    profileType,
    forgotten: 0,
    forget() {
      this.forgotten += 1;
    },
  };
}

describe("DeltaBudget", () => {
  it("has an order for every type that is subtracted", () => {
    expect(shedOrder.toSorted()).toEqual(Object.keys(cumulativeTypes).sort());
  });

  it("gives up block, then mutex, then memory, the largest first, and says so once", () => {
    const { budget, counted, log } = testBudget(1000);
    const [small, large, mutex, memory] = [state("block"), state("block"), state("mutex"), state("memory")];
    budget.account(small, 100);
    budget.account(large, 200);
    budget.account(mutex, 300);
    budget.account(memory, 400);
    expect([budget.usedBytes, counted.shed]).toEqual([1000, []]);
    budget.account(memory, 401);
    expect([budget.usedBytes, counted.shed, large.forgotten, small.forgotten]).toEqual([801, ["block"], 1, 0]);
    budget.account(memory, 950);
    expect([budget.usedBytes, counted.shed]).toEqual([950, ["block", "block", "mutex"]]);
    expect(log.lines.map(({ level, fields }) => [level, fields])).toEqual([["warn", { limit: "1KB", first: "block" }]]);
  });

  it("gives up a state that is larger than everything without touching the others", () => {
    const { budget, counted } = testBudget(1000);
    const [block, memory] = [state("block"), state("memory")];
    budget.account(block, 500);
    budget.account(memory, 1001);
    expect([budget.usedBytes, counted.shed, block.forgotten]).toEqual([500, ["memory"], 0]);
  });

  it("lets a state come back after its rest, when there is room, more valued ones first", () => {
    const { budget, clock, counted, log } = testBudget(1000);
    const [block, memory] = [state("block"), state("memory")];
    budget.account(block, 300);
    budget.account(memory, 600);
    budget.resize(1);
    budget.resize(1000);
    expect([budget.admit(block), budget.admit(memory), counted.leftOut]).toEqual([false, false, 2]);
    clock.now = 1000;
    expect([budget.admit(block), budget.admit(memory), budget.admit(block)]).toEqual([false, true, true]);
    expect([budget.usedBytes, counted.leftOut, budget.shedStates]).toEqual([900, 3, 0]);
    expect(log.lines.map(({ level }) => level)).toEqual(["warn", "info"]);
  });

  it("tries a state that was too large by itself again much later, and does not keep others waiting for it", () => {
    const { budget, clock } = testBudget(1000);
    const [block, memory] = [state("block"), state("memory")];
    budget.account(memory, 5000);
    budget.account(block, 1001);
    budget.resize(1200);
    clock.now = 1000;
    expect([budget.admit(memory), budget.admit(block)]).toEqual([false, true]);
    clock.now = 60_000;
    expect([budget.admit(memory), budget.usedBytes]).toEqual([true, 1001]);
  });

  it("keeps nothing out for ever for one that finds no room", () => {
    const { budget, clock } = testBudget(1000);
    const [block, memory, large] = [state("block"), state("memory"), state("memory")];
    budget.account(block, 10);
    budget.account(memory, 400);
    budget.account(large, 601);
    clock.now = 1000;
    expect([budget.admit(large), budget.admit(block)]).toEqual([false, false]);
    clock.now = 60_001;
    expect([budget.admit(block), budget.admit(large)]).toEqual([true, true]);
  });

  it("never holds more than its limit, and nothing when all have left", () => {
    const operation = fc.record({
      index: fc.nat({ max: 9 }),
      bytes: fc.nat({ max: 1500 }),
      action: fc.constantFrom("account", "account", "admit", "release", "resize", "wait"),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 100 }), (operations) => {
        const { budget, clock, counted } = testBudget(2000);
        const states = Array.from({ length: 10 }, (_, index) => state(shedOrder[index % 3] ?? ""));
        for (const { index, bytes, action } of operations) {
          const one = states[index];
          if (one === undefined) continue;
          if (action === "account" && budget.admit(one)) budget.account(one, bytes);
          if (action === "admit") budget.admit(one);
          if (action === "release") budget.release(one);
          if (action === "resize") budget.resize(bytes * 2 + 1);
          if (action === "wait") clock.now += bytes * 60;
          expect(budget.usedBytes).toBeLessThanOrEqual(budget.limitBytes);
          expect(budget.usedBytes).toBe(states.reduce((sum, each) => sum + budget.bytesOf(each), 0));
        }
        expect(counted.shed).toHaveLength(states.reduce((sum, { forgotten }) => sum + forgotten, 0));
        for (const each of states) budget.release(each);
        expect([budget.usedBytes, budget.shedStates]).toEqual([0, 0]);
      }),
    );
  });
});
