/** The process dies at any moment while profiles are pushed. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { FaultRun } from "./fault-run.ts";
import { scaled, timeoutFor } from "./scale.ts";

const outageMs = scaled(14_000, 600_000);
const kills = scaled(5, 20);

/** Kills it so many times at random moments and starts it again each time. Gives the moments. */
async function killAtRandom({ collector }: FaultRun, times: number, forMs: number): Promise<readonly number[]> {
  const at: number[] = [];
  for (let kill = 0; kill < times; kill += 1) {
    await sleep(Math.random() * 2 * (forMs / times - 1000));
    await collector.kill();
    at.push(Date.now());
    await collector.restart();
  }
  return at;
}

describe("kill -9", () => {
  it("loses nothing that was acknowledged while the endpoint is away", { timeout: timeoutFor(3 * outageMs, 2 * outageMs) }, async () => {
    await using run = await FaultRun.start({ senders: { patienceMs: 30_000 } });
    await run.sink.down();
    await killAtRandom(run, kills, outageMs);
    expect(run.senders.acknowledged.length).toBeGreaterThan(run.senders.sent.length / 2);
    await run.sink.up();
    await run.settle(`${kills} kills, endpoint away`);
  });

  it(
    "loses nothing and repeats only what was under way while the endpoint is there",
    { timeout: timeoutFor(20_000, 120_000) },
    async () => {
      await using run = await FaultRun.start({ senders: { rate: 60, patienceMs: 30_000 } });
      await sleep(500);
      const at = await killAtRandom(run, scaled(3, 20), scaled(7000, 100_000));
      await run.settle(`${at.length} kills, endpoint there`, { breaks: at });
    },
  );
});
