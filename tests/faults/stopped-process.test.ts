/** The process is stopped for a while, or told to end while its endpoint hangs. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { FaultRun } from "./fault-run.ts";
import { scaled, timeoutFor } from "./scale.ts";

const stopMs = scaled(7000, 30_000);

/** One attempt at the endpoint may take so long. */
const remoteTimeoutMs = scaled(2000, 10_000);

describe.concurrent("a stopped process", () => {
  it("goes on after SIGCONT: everything arrives", { timeout: timeoutFor(20_000, 60_000) }, async () => {
    await using run = await FaultRun.start({ senders: { patienceMs: 120_000 } });
    await sleep(1500);
    run.collector.signal("SIGSTOP");
    const stopped = Date.now();
    await sleep(stopMs);
    run.collector.signal("SIGCONT");
    // Answers that came while it could not read them are too late for remote_timeout.
    await run.settle(`SIGSTOP for ${stopMs / 1000} s`, { breaks: [stopped] });
  });

  it.each([true, false])(
    "ends soon after SIGTERM while the endpoint hangs, and loses nothing (queue: %s)",
    { timeout: timeoutFor(30_000, 60_000) },
    async (queue) => {
      await using run = await FaultRun.start({ run: { queue }, senders: { patienceMs: 120_000 } });
      await sleep(1000);
      run.sink.misbehave = () => ({ kind: "hang" });
      await sleep(scaled(2000, 10_000));
      const told = Date.now();
      run.collector.signal("SIGTERM");
      expect(await run.collector.ended).toBe(0);
      const tookMs = Date.now() - told;
      // What it wrote to its connections last must not be taken.
      await sleep(300);
      run.sink.misbehave = () => undefined;
      await run.collector.restart();
      await run.settle(`SIGTERM while the endpoint hangs (queue: ${queue})`, { breaks: [told], note: `ended after ${tookMs} ms` });
      expect(tookMs).toBeLessThan(remoteTimeoutMs + 2500);
    },
  );
});
