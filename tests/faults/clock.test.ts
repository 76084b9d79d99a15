/** The machine's clock is set while the program runs. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { findPart } from "../support/real-parts.ts";
import { ScratchFolder } from "../support/real-process.ts";
import { FaultRun } from "./fault-run.ts";
import { scaled, timeoutFor } from "./scale.ts";

const libfaketime = findPart("libfaketime");
const phaseMs = scaled(2500, 60_000);

/** A clock of its own for a program that is started with {@link env}; it is off by what {@link set} says. Timers go by another clock, as they do really. */
class MovedClock implements Disposable {
  readonly #folder = new ScratchFolder();
  readonly #file: string = join(this.#folder.path, "time");

  constructor() {
    this.set("+0");
  }

  get env(): NodeJS.ProcessEnv {
    return {
      LD_PRELOAD: libfaketime,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      NO_FAKE_STAT: "1",
    };
  }

  set(offset: "+0" | "+2h" | "-2h"): void {
    writeFileSync(this.#file, `${offset}\n`);
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

/** What the collector's log says the time is, as a difference to the real one in hours. */
function hoursOff({ collector }: FaultRun): number {
  const [, text = ""] = /^ts=(\S+)/.exec(collector.log().trimEnd().split("\n").at(-1) ?? "") ?? [];
  return Math.round((Date.parse(text) - Date.now()) / 3_600_000);
}

describe.skipIf(libfaketime === undefined)("a clock that jumps (needs libfaketime)", () => {
  it.concurrent.each(["+2h", "-2h"] as const)(
    "by %s and back: nothing young expires, nothing is sent twice, timers go on",
    { timeout: timeoutFor(20_000, 4 * phaseMs) },
    async (offset) => {
      using clock = new MovedClock();
      // Everything is looked through for expired profiles every few seconds.
      const write = `queue {\nmax_age = "${scaled(60, 600)}s"\n}`;
      await using run = await FaultRun.start({ run: { env: clock.env }, write });
      run.sink.misbehave = () => ({ kind: "answer", status: 503 });
      await sleep(phaseMs);
      clock.set(offset);
      await sleep(phaseMs);
      await run.collector.fetch("/-/reload", { method: "POST" });
      await vi.waitFor(() => expect(hoursOff(run)).toBe(Number.parseInt(offset, 10)));
      // Timers that went by the clock would stand still, or be due all at once.
      const asked = run.sink.requests;
      await sleep(2500);
      expect(run.sink.requests - asked).toBeGreaterThan(0);
      expect(run.sink.requests - asked).toBeLessThan(60);
      run.sink.misbehave = () => undefined;
      await vi.waitFor(() => expect(run.sink.taken.size).toBeGreaterThan((phaseMs / 1000) * 20), { timeout: 10_000 });
      clock.set("+0");
      await sleep(phaseMs);
      const { expired, evicted, rejected } = await run.settle(`clock jumps by ${offset} and back`);
      expect({ expired, evicted, rejected }).toEqual({ expired: 0, evicted: 0, rejected: 0 });
    },
  );
});
