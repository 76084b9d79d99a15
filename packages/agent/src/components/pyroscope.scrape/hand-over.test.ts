import { describe, expect, it } from "vitest";
import { type FetchedProfile, HandOver, type HandOverOptions } from "./hand-over.ts";
import { WaitingBudget } from "./waiting-budget.ts";

const profile = (name: number, bytes = 1): FetchedProfile => ({ data: new Uint8Array(bytes).fill(name), receivedAt: name });

/** A hand-over whose deliveries end when they are told to. */
function setUp(options: Partial<HandOverOptions> = {}) {
  const delivered: number[] = [];
  const lost: string[] = [];
  const settled: (string | undefined)[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const budget = new WaitingBudget(100);
  const handOver = new HandOver({
    deliver: ({ receivedAt }) => {
      delivered.push(receivedAt);
      return new Promise((resolve, reject) => {
        ends.push((error) => (error === undefined ? resolve() : reject(error)));
      });
    },
    settled: (error) => settled.push(error?.message),
    lost: (reason) => lost.push(reason),
    budget,
    maxWaiting: 2,
    newestOnly: false,
    ...options,
  });
  const end = async (error?: Error): Promise<void> => {
    ends.shift()?.(error);
    await new Promise(setImmediate);
  };
  return { handOver, delivered, lost, settled, end, budget };
}

describe("HandOver", () => {
  it("delivers one after the other, also after a failure", async () => {
    const { handOver, delivered, settled, end, budget } = setUp();
    handOver.add(profile(1));
    handOver.add(profile(2));
    expect(delivered).toEqual([1]);
    await end(new Error("no"));
    expect(delivered).toEqual([1, 2]);
    await end();
    await handOver.idle();
    expect(settled).toEqual(["no", undefined]);
    expect(budget.usedBytes).toBe(0);
    handOver.add(profile(3));
    expect(delivered).toEqual([1, 2, 3]);
  });

  it("drops the oldest that waits, and counts it", async () => {
    const { handOver, delivered, lost, end } = setUp();
    for (const name of [1, 2, 3, 4]) handOver.add(profile(name));
    expect(lost).toEqual(["waiting_full"]);
    await end();
    await end();
    expect(delivered).toEqual([1, 3, 4]);
  });

  it("keeps the newest only where it makes up for the others", async () => {
    const { handOver, delivered, lost, end, budget } = setUp({ newestOnly: true });
    for (const name of [1, 2, 3, 4]) handOver.add(profile(name));
    await end();
    expect(delivered).toEqual([1, 4]);
    expect(lost).toEqual([]);
    expect(budget.usedBytes).toBe(1);
  });

  it("takes no more bytes than the budget of all jobs has", async () => {
    const budget = new WaitingBudget(10);
    const one = setUp({ budget });
    const two = setUp({ budget });
    one.handOver.add(profile(1, 6));
    two.handOver.add(profile(2, 6));
    two.handOver.add(profile(3, 4));
    expect([one.delivered, two.delivered, two.lost]).toEqual([[1], [3], ["waiting_full"]]);
    await one.end();
    two.handOver.add(profile(4, 6));
    await two.end();
    expect(two.delivered).toEqual([3, 4]);
  });

  it("drops what waits when it is cleared", async () => {
    const { handOver, delivered, lost, end, budget } = setUp();
    for (const name of [1, 2, 3]) handOver.add(profile(name));
    handOver.clear();
    await end();
    await handOver.idle();
    expect([delivered, lost, budget.usedBytes]).toEqual([[1], ["stopped", "stopped"], 0]);
  });
});
