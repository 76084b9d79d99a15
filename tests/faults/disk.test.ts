/** The disk with the queue is full, fails, or cannot be written. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import { flameline } from "../support/flameline.ts";
import { findPart } from "../support/real-parts.ts";
import { metricOf } from "./accounts.ts";
import type { DiskCall } from "./failing-disk.ts";
import { FailingDisk } from "./failing-disk.ts";
import { FaultRun } from "./fault-run.ts";
import { scaled, timeoutFor } from "./scale.ts";
import { canMount, SmallDisk } from "./small-disk.ts";

const faultMs = scaled(3000, 60_000);
const timeout = timeoutFor(30_000, 3 * faultMs);

/** Senders repeat soon, so that what cannot be kept is offered again and again. */
const senders = { attemptMs: 1500, patienceMs: 120_000 };

const usable = ({ collector }: FaultRun): Promise<number | undefined> => metricOf(collector, "flameline_write_queue_usable");

async function health({ collector }: FaultRun): Promise<string> {
  const answer = await collector.fetch("/api/v0/web/components/pyroscope.write.sink");
  const { health: found } = (await answer.json()) as { readonly health: { readonly state: string; readonly message: string } };
  return `${found.state}: ${found.message}`;
}

/** What has been delivered makes room on a full disk, so that the queue comes and goes: each place has its time to say so. */
const soon = { timeout: 20_000, interval: 50 } as const;

/** It says that it cannot keep profiles, in every place where somebody may look. */
async function expectUnusable(run: FaultRun, why: string): Promise<void> {
  const reason = new RegExp(`^unhealthy: profiles for ${run.url} cannot be kept on disk.*${why}`, "s");
  await vi.waitFor(async () => expect(await usable(run)).toBe(0), soon);
  await vi.waitFor(async () => expect(await health(run)).toMatch(reason), soon);
  expect(run.collector.log()).toContain("profiles cannot be kept on disk and wait for the endpoint");
}

/** Profiles are kept again, without a restart. */
async function expectUsable(run: FaultRun): Promise<void> {
  await vi.waitFor(async () => expect(await usable(run)).toBe(1), soon);
  await vi.waitFor(async () => expect(await health(run)).toMatch(/^healthy/), soon);
  expect(run.collector.log()).toContain("profiles are kept on disk again");
}

describe.skipIf(!canMount)("a full disk (needs root)", () => {
  it("makes senders wait for the endpoint; when it is back everything arrives", { timeout }, async () => {
    using disk = new SmallDisk(6);
    await using run = await FaultRun.start({
      run: { storage: join(disk.path, "data") },
      senders: { rate: 60, bytes: 40_000, patienceMs: 120_000 },
    });
    await run.sink.down();
    await expectUnusable(run, "no space left|ENOSPC");
    await sleep(faultMs);
    const kept = run.senders.acknowledged.length;
    expect(kept).toBeGreaterThan(50);
    await run.sink.up();
    await run.settle("disk full");
    // The next profile finds out.
    await run.senders.send();
    await expectUsable(run);
  });

  it("that somebody else fills: profiles still get through while the endpoint is there", { timeout }, async () => {
    using disk = new SmallDisk(6);
    await using run = await FaultRun.start({ run: { storage: join(disk.path, "data") }, senders });
    await sleep(500);
    try {
      writeFileSync(join(disk.path, "filler"), Buffer.alloc(8 << 20));
    } catch {
      // As much as there was room for.
    }
    await expectUnusable(run, "no space left|ENOSPC");
    const before = run.senders.acknowledged.length;
    await sleep(faultMs);
    expect(run.senders.acknowledged.length - before).toBeGreaterThan((faultMs / 1000) * 15);
    writeFileSync(join(disk.path, "filler"), "");
    await expectUsable(run);
    await run.settle("disk full of something else");
  });

  it("that is read-only at the start: profiles get through, and are kept as soon as it can be written", { timeout }, async () => {
    using disk = new SmallDisk(6);
    await using run = await FaultRun.start({ run: { storage: join(disk.path, "data") }, senders });
    await run.sink.down();
    await sleep(1000);
    await run.collector.kill();
    disk.remount("ro");
    await run.collector.restart();
    await expectUnusable(run, "read-only|EROFS");
    await run.sink.up();
    const before = run.senders.acknowledged.length;
    await expect.poll(() => run.senders.acknowledged.length - before, { timeout: 20_000 }).toBeGreaterThan(20);
    disk.remount("rw");
    await expectUsable(run);
    await run.settle("disk read-only at the start, then writable");
  });
});

describe.skipIf(findPart("gcc") === undefined)("a failing disk (needs gcc)", () => {
  const faults: readonly [error: "EIO" | "EROFS" | "ENOSPC", calls: readonly DiskCall[]][] = [
    ["EIO", ["write"]],
    ["EIO", ["sync"]],
    ["EIO", ["sync", "truncate"]],
    ["EROFS", ["write", "sync", "create", "truncate"]],
  ];

  it.concurrent.each(faults)("answers %s to %j: what was acknowledged arrives, also after a kill", { timeout }, async (error, calls) => {
    using disk = new FailingDisk();
    await using run = await FaultRun.start({ run: { storage: join(disk.path, "data"), env: disk.env }, senders });
    await run.sink.down();
    await sleep(1000);
    disk.fail(error, calls);
    await expectUnusable(run, error === "EIO" ? "i/o error|EIO" : "read-only|EROFS");
    await sleep(faultMs);
    disk.heal();
    await expectUsable(run);
    await sleep(500);
    const killed = Date.now();
    await run.collector.kill();
    // Nothing of what was acknowledged is damaged.
    const check = await flameline(["queue", "check", run.collector.storage]);
    expect(check).toMatchObject({ code: 0, stdout: expect.stringMatching(/: ok, \d+ records waiting/) as string });
    await run.collector.restart();
    await run.sink.up();
    await run.settle(`disk answers ${error} to ${calls.join(", ")}`, { breaks: [killed] });
  });

  it("cannot write down what was delivered: nothing is lost", { timeout }, async () => {
    using disk = new FailingDisk();
    await using run = await FaultRun.start({ run: { storage: join(disk.path, "data"), env: disk.env }, senders });
    run.sink.misbehave = () => ({ kind: "answer", status: 503 });
    await sleep(1500);
    disk.fail("EIO", ["write", "sync", "create", "truncate"]);
    run.sink.misbehave = () => undefined;
    await sleep(faultMs);
    disk.heal();
    await run.settle("disk answers EIO while the queue is emptied");
  });
});
