import { describe, expect, it } from "vitest";
import type { OpenedQueue } from "./open-queue.ts";
import { openQueue } from "./open-queue.ts";
import type { Lease, Queue, QueueLoss } from "./queue.ts";
import { QueueError } from "./queue.ts";
import type { Fate } from "./testing/crash-file-system.ts";
import { CrashFileSystem, seededRandom } from "./testing/crash-file-system.ts";

const rounds = 14;

/** Another one with every run; failures name it. */
const seed = Number(process.env["FLAMELINE_SEED"] ?? Math.floor(Math.random() * 1e6));

/** Calls that are made to fail: one in so many, others with every run. `FLAMELINE_ALL=1` tries every one. */
const stride = process.env["FLAMELINE_ALL"] === undefined ? 9 : 1;

/** What a run of {@link work} did, as far as it came. */
class Log {
  /** Texts by their first word. */
  readonly offered = new Map<string, string>();
  readonly kept = new Set<string>();
  readonly refused = new Set<string>();
  readonly done = new Set<string>();
  /** What was done before everything on the disk was known to be durable. */
  durablyDone: ReadonlySet<string> = new Set();
  readonly losses: QueueLoss[] = [];

  copy(): Log {
    return Object.assign(new Log(), {
      offered: new Map(this.offered),
      kept: new Set(this.kept),
      done: new Set(this.done),
      durablyDone: this.durablyDone,
    });
  }
}

function open(files: CrashFileSystem, log: Log): Promise<OpenedQueue> {
  return openQueue({
    folder: "/queue",
    maxBytes: 131_072,
    maxAgeMs: 3_600_000,
    segmentBytes: 16_384,
    syncMs: 2,
    onLoss: (loss) => log.losses.push(loss),
    files,
    // Nobody is the owner of an earlier lock.
    owner: { pid: 1, boot: "here", namespace: "test", started: String(Math.random()) },
  });
}

/** Appends, takes, ends and retries, so that segments come and go and records are moved. */
async function work(files: CrashFileSystem, log: Log, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const { queue } = await open(files, log);
  for (let round = 0; round < rounds; round += 1) {
    const texts = Array.from({ length: 4 }, (_, i) => `${seed}-${round}-${i} ${"x".repeat(Math.floor(random() * 6000))}`);
    await Promise.all(texts.map((text, i) => offer(queue, log, text, i === 0 ? "stays" : "flows")));
    if (round === 0) await pauseTenant(queue, log);
    for (let i = 0; i < 3; i += 1) await finishOne(queue, log, "flows");
    if (round % 3 !== 2) continue;
    const done = new Set(log.done);
    // What is done is written down a few milliseconds later; nothing to be synced says nothing before that.
    await new Promise((resolve) => setTimeout(resolve, 10));
    for (let tries = 0; !files.isDurable(/\.done$/) && tries < 30; tries += 1) await new Promise((resolve) => setTimeout(resolve, 1));
    if (files.isDurable(/\.done$/)) log.durablyDone = done;
  }
  await queue.close();
  if (files.isDurable(/\.done$/)) log.durablyDone = new Set(log.done);
}

async function offer(queue: Queue, log: Log, text: string, tenant: string): Promise<void> {
  const id = text.split(" ")[0] ?? "";
  log.offered.set(id, text);
  try {
    await queue.append({ tenant, createdAt: Date.now(), units: 1, payload: [Buffer.from(text)] });
    log.kept.add(id);
  } catch (error) {
    expect(error).toBeInstanceOf(QueueError);
    log.refused.add(id);
  }
}

/** Whatever is taken before the tenant is found comes back at once. */
async function pauseTenant(queue: Queue, log: Log): Promise<void> {
  for (let i = 0; i < 2 && queue.stats.records > 0; i += 1) {
    const lease = await queue.take(AbortSignal.timeout(20));
    if (lease?.tenant !== "stays") return end(lease, log);
    lease.retry({ at: Date.now() + 60_000, pauseTenantUntil: Date.now() + 60_000 });
  }
}

async function finishOne(queue: Queue, log: Log, tenant: string): Promise<void> {
  if (queue.stats.records === 0) return;
  const lease = await queue.take(AbortSignal.timeout(3));
  if (lease === undefined || lease.tenant === tenant) return end(lease, log);
  lease.retry({ at: Date.now() + 60_000, pauseTenantUntil: Date.now() + 60_000 });
}

async function end(lease: Lease | undefined, log: Log): Promise<void> {
  if (lease === undefined) return;
  let text: string;
  try {
    text = Buffer.from(await lease.payload()).toString();
  } catch (error) {
    // A disk that fails to read: not done, it comes again.
    expect(error).toBeInstanceOf(QueueError);
    return lease.retry({ at: Date.now() });
  }
  const id = text.split(" ")[0] ?? "";
  log.done.add(id);
  lease.done();
}

/** Opens what is left, takes everything out and holds it against the log. */
async function verify(files: CrashFileSystem, log: Log, hint: string): Promise<void> {
  const found: string[] = [];
  const after = new Log();
  // Its owner is gone: folder-lock.test.ts is about that.
  await files.remove("/queue/lock");
  const { queue, recovered } = await open(files, after);
  for (let i = 0; i < recovered.records; i += 1) {
    const lease = await queue.take(AbortSignal.timeout(1000));
    if (lease === undefined) throw new Error(`${hint}: ${recovered.records} records, ${i} to be taken`);
    const text = Buffer.from(await lease.payload()).toString();
    const id = text.split(" ")[0] ?? "";
    expect(text === log.offered.get(id), `${hint}: ${id} is what was offered`).toBe(true);
    found.push(id);
    lease.done();
  }
  expect(new Set(found).size, `${hint}: no record twice`).toBe(found.length);
  const missing = [...log.kept].filter((id) => !log.done.has(id) && !found.includes(id));
  expect(missing, `${hint}: acknowledged and not done`).toEqual([]);
  expect(
    [...log.durablyDone].filter((id) => found.includes(id)),
    `${hint}: done and synced`,
  ).toEqual([]);
  expect(after.losses, `${hint}: losses`).toEqual([]);
  await offer(queue, after, "new 1", "");
  expect(after.kept.has("new")).toBe(true);
  await queue.close();
}

describe("a crash of the machine", () => {
  it("loses nothing that was acknowledged and brings back nothing that was durably done, at any call", { timeout: 120_000 }, async () => {
    const files = new CrashFileSystem();
    const log = new Log();
    const left: { readonly hint: string; readonly files: CrashFileSystem; readonly log: Log }[] = [];
    files.fate = () => {
      const random = seededRandom(seed + files.calls);
      const hint = `seed ${seed}, call ${files.calls}`;
      left.push({ hint: `${hint}, machine stopped`, files: files.crash(random), log: log.copy() });
      if (files.calls % 8 === 0) left.push({ hint: `${hint}, process killed`, files: files.kill(), log: log.copy() });
      return "ok";
    };
    await work(files, log, seed);
    expect(log.kept.size).toBe(rounds * 4);
    expect(log.losses).toEqual([]);
    expect(left.length).toBeGreaterThan(100);
    for (const one of left) await verify(one.files, one.log, one.hint);
  });
});

describe("a crash while a queue is opened after a crash", () => {
  it("changes nothing about what is found the next time", { timeout: 60_000 }, async () => {
    const files = new CrashFileSystem();
    const log = new Log();
    const left: CrashFileSystem[] = [];
    files.fate = () => {
      if (files.calls % 40 === seed % 40) left.push(files.crash(seededRandom(files.calls)));
      return "ok";
    };
    await work(files, log, seed);
    for (const [index, one] of left.entries()) {
      await one.remove("/queue/lock");
      const before = await contentsOf(one.kill());
      const again: CrashFileSystem[] = [];
      one.fate = () => {
        again.push(one.crash(seededRandom(index * 1000 + one.calls)));
        return "ok";
      };
      const { queue } = await open(one, new Log());
      await queue.close();
      one.fate = () => "ok";
      for (const two of again) expect(await contentsOf(two), `seed ${seed}, crash ${index}`).toEqual(before);
    }
    expect(left.length).toBeGreaterThan(2);
  });
});

/** What a queue finds in the files. */
async function contentsOf(files: CrashFileSystem): Promise<readonly string[]> {
  await files.remove("/queue/lock");
  const log = new Log();
  const { queue, recovered } = await open(files, log);
  const ids: string[] = [];
  for (let i = 0; i < recovered.records; i += 1) {
    const lease = await queue.take(AbortSignal.timeout(1000));
    ids.push(
      Buffer.from((await lease?.payload()) ?? [])
        .toString()
        .split(" ")[0] ?? "",
    );
  }
  expect(log.losses).toEqual([]);
  await queue.close();
  return ids.sort();
}

describe("a call that fails", () => {
  const codes = ["ENOSPC", "EIO", "EROFS"] as const;

  it("loses nothing that was acknowledged, and the queue works again", { timeout: 120_000 }, async () => {
    const whole = new CrashFileSystem();
    await work(whole, new Log(), 1);
    for (let call = 1 + (seed % stride); call <= whole.calls; call += stride) {
      const code = codes[call % codes.length] ?? "EIO";
      await failAt(call, seed % 2 === 0 ? 1 : 7, code);
    }
  });
});

async function failAt(call: number, calls: number, code: "ENOSPC" | "EIO" | "EROFS"): Promise<void> {
  const hint = `seed ${seed}, ${code} at calls ${call} to ${call + calls - 1}`;
  const files = new CrashFileSystem();
  const log = new Log();
  files.fate = (): Fate => (files.calls >= call && files.calls < call + calls ? { fail: code } : "ok");
  try {
    await work(files, log, seed);
  } catch (error) {
    // Only opening may fail, and says so.
    expect(error, hint).toBeInstanceOf(QueueError);
  }
  expect(log.losses, hint).toEqual([]);
  await verify(files.crash(seededRandom(call)), log, `${hint}, then a crash`);
  await verify(files.kill(), log, `${hint}, then a kill`);
}
