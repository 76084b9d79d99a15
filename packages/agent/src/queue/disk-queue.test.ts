import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FileSystem } from "./file-system.ts";
import { nodeFileSystem } from "./file-system.ts";
import type { OpenedQueue, QueueOptions } from "./open-queue.ts";
import { openQueue } from "./open-queue.ts";
import type { Lease, NewRecord, Queue, QueueLoss } from "./queue.ts";

const never = new AbortController().signal;

let folder: string;
let losses: QueueLoss[];
let open: Queue[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flameline-queue-"));
  losses = [];
  open = [];
});

afterEach(async () => {
  for (const queue of open) await queue.close();
  await rm(folder, { recursive: true });
});

async function opened(options: Partial<QueueOptions> = {}): Promise<OpenedQueue> {
  const result = await openQueue({
    folder,
    maxBytes: 64 * 1024 * 1024,
    maxAgeMs: 3_600_000,
    onLoss: (loss) => losses.push(loss),
    ...options,
  });
  open.push(result.queue);
  return result;
}

function record(text: string, options: Partial<NewRecord> = {}): NewRecord {
  return { tenant: "", createdAt: Date.now(), units: 1, payload: [Buffer.from(text)], ...options };
}

async function taken(queue: Queue): Promise<Lease> {
  const lease = await queue.take(AbortSignal.timeout(5000));
  if (lease === undefined) throw new Error("nothing to take");
  return lease;
}

async function textOf(lease: Lease): Promise<string> {
  return Buffer.from(await lease.payload()).toString();
}

/** Takes and ends everything that can be had at once. */
async function drain(queue: Queue): Promise<string[]> {
  const texts: string[] = [];
  while (queue.stats.records > 0) {
    const lease = await taken(queue);
    texts.push(await textOf(lease));
    lease.done();
  }
  return texts;
}

/** The system's files, with room for so many bytes in the folder. */
function smallDisk(room: number): FileSystem {
  const used = async (): Promise<number> => {
    const names = await readdir(folder);
    return (await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size))).reduce((sum, size) => sum + size, 0);
  };
  return {
    ...nodeFileSystem,
    async open(path, mode) {
      const file = await nodeFileSystem.open(path, mode);
      const write = file.write.bind(file);
      file.write = async (parts, position) => {
        const bytes = parts.reduce((sum, part) => sum + part.length, 0);
        if ((await used()) + bytes > room) throw Object.assign(new Error("no room"), { code: "ENOSPC" });
        await write(parts, position);
      };
      return file;
    },
  };
}

describe("a queue", () => {
  it("gives back what was put in, with everything that belongs to it", async () => {
    const { queue } = await opened();
    const createdAt = Date.now() - 5000;
    await queue.append({ tenant: "team-é", createdAt, units: 3, payload: [Buffer.from("one "), Buffer.from(""), Buffer.from("two")] });
    const lease = await taken(queue);
    expect(lease).toMatchObject({ tenant: "team-é", createdAt, units: 3, bytes: 7, attempts: 0 });
    expect(await textOf(lease)).toBe("one two");
    expect(queue.stats).toMatchObject({ records: 1, units: 3, tenants: 1, oldestAt: createdAt });
    lease.done();
    expect(queue.stats).toMatchObject({ records: 0, units: 0, bytes: 0, tenants: 0, oldestAt: undefined });
  });

  it("hands out the oldest first, and every fourth time the newest", async () => {
    const { queue } = await opened();
    for (let i = 1; i <= 8; i += 1) await queue.append(record(`r${i}`));
    expect(await drain(queue)).toEqual(["r1", "r2", "r3", "r8", "r4", "r5", "r6", "r7"]);
  });

  it("keeps what was not done over closing and opening, and nothing else", async () => {
    const first = await opened();
    await Promise.all(["a", "b", "c", "d"].map((text) => first.queue.append(record(text))));
    (await taken(first.queue)).done();
    await taken(first.queue);
    await first.queue.close();
    const second = await opened();
    expect(second).toMatchObject({ recovered: { records: 3, units: 3 }, problems: [] });
    expect((await drain(second.queue)).sort()).toEqual(["b", "c", "d"]);
    await second.queue.close();
    expect(await readdir(folder)).toEqual([]);
  });

  it("waits for a record, and gives up when told to or closed", async () => {
    const { queue } = await opened();
    const waiting = queue.take(never);
    await queue.append(record("late"));
    expect(await textOf((await waiting) as Lease)).toBe("late");
    const controller = new AbortController();
    const aborted = queue.take(controller.signal);
    controller.abort();
    expect(await aborted).toBeUndefined();
    const closed = queue.take(never);
    await queue.close();
    expect(await closed).toBeUndefined();
    await expect(queue.append(record("x"))).rejects.toMatchObject({ name: "QueueError", code: "closed" });
  });

  it("lets many wait by one signal, with one listener", async () => {
    const { queue } = await opened();
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on("warning", onWarning);
    const controller = new AbortController();
    const waiting = Array.from({ length: 20 }, () => queue.take(controller.signal));
    await queue.append(record("one"));
    expect(await textOf((await waiting[0]) as Lease)).toBe("one");
    controller.abort();
    expect((await Promise.all(waiting.slice(1))).every((lease) => lease === undefined)).toBe(true);
    process.off("warning", onWarning);
    expect(warnings).toEqual([]);
  });

  it("reads from the disk what is no longer in memory", async () => {
    const { queue } = await opened();
    const large = (index: number): Buffer => Buffer.alloc(1024 * 1024, index);
    for (let i = 0; i < 20; i += 1) await queue.append(record("", { payload: [large(i)] }));
    for (let i = 0; i < 20; i += 1) {
      const lease = await taken(queue);
      const payload = Buffer.from(await lease.payload());
      expect(payload.equals(large(payload[0] ?? 255))).toBe(true);
      lease.done();
    }
    await queue.close();
    expect(await readdir(folder)).toEqual([]);
  });

  it("refuses a record that alone is more than the budget", async () => {
    const { queue } = await opened({ maxBytes: 100_000 });
    await expect(queue.append(record("x".repeat(100_000)))).rejects.toMatchObject({ code: "too_large" });
    await expect(queue.append(record("x", { tenant: "t".repeat(513) }))).rejects.toMatchObject({ code: "too_large" });
    await queue.append(record("fits"));
  });

  it("leaves foreign files alone", async () => {
    await writeFile(join(folder, "notes.txt"), "mine");
    const { queue } = await opened();
    await queue.append(record("a"));
    await queue.close();
    expect(await readFile(join(folder, "notes.txt"), "utf8")).toBe("mine");
  });
});

describe("Lease.retry()", () => {
  it("brings the record back at its time", async () => {
    const { queue } = await opened();
    await queue.append(record("again"));
    const from = performance.now();
    (await taken(queue)).retry({ at: Date.now() + 60 });
    const lease = await taken(queue);
    expect(performance.now() - from).toBeGreaterThan(55);
    expect(lease.attempts).toBe(1);
    expect(await textOf(lease)).toBe("again");
  });

  it("pauses a tenant, then lets one record at a time through until one is done", async () => {
    const { queue } = await opened();
    for (const text of ["a1", "a2", "a3"]) await queue.append(record(text, { tenant: "a" }));
    await queue.append(record("b1", { tenant: "b" }));
    const failed = await taken(queue);
    expect(failed.tenant).toBe("a");
    const until = Date.now() + 80;
    failed.retry({ at: until, pauseTenantUntil: until });
    expect((await taken(queue)).tenant).toBe("b");
    const probe = await taken(queue);
    expect(Date.now()).toBeGreaterThanOrEqual(until - 1);
    expect(probe.tenant).toBe("a");
    expect(await queue.take(AbortSignal.timeout(50))).toBeUndefined();
    probe.done();
    expect((await taken(queue)).tenant).toBe("a");
    expect((await taken(queue)).tenant).toBe("a");
  });
});

describe("sharing between tenants", () => {
  it("lets tenants take turns", async () => {
    const { queue } = await opened();
    for (const tenant of ["a", "a", "a", "b", "c", "b"]) await queue.append(record("x", { tenant }));
    const order: string[] = [];
    for (let i = 0; i < 6; i += 1) order.push((await taken(queue)).tenant);
    expect(order).toEqual(["a", "b", "c", "a", "b", "a"]);
  });

  it("keeps some leases free of a tenant that ends none", async () => {
    const { queue } = await opened({ concurrency: 8 });
    for (let i = 0; i < 20; i += 1) await queue.append(record("x", { tenant: "hangs" }));
    const held: Lease[] = [];
    for (;;) {
      const lease = await queue.take(AbortSignal.timeout(50));
      if (lease === undefined) break;
      held.push(lease);
    }
    expect(held).toHaveLength(6);
    await queue.append(record("x", { tenant: "other" }));
    expect((await taken(queue)).tenant).toBe("other");
  });

  it("gives the next holder of a record what the last one left, and nobody else", async () => {
    const { queue } = await opened();
    await queue.append(record("a"));
    const first = await queue.take(never);
    expect(first?.memo).toBeUndefined();
    first?.retry({ at: 0, memo: "half" });
    const second = await queue.take(never);
    expect(second?.memo).toBe("half");
    second?.retry({ at: 0 });
    const third = await queue.take(never);
    expect(third?.memo).toBeUndefined();
    third?.retry({ at: 0, memo: "more" });
    (await queue.take(never))?.done();
    await queue.append(record("b"));
    expect((await queue.take(never))?.memo).toBeUndefined();
  });

  it("counts only the units that the last holder left", async () => {
    const { queue } = await opened();
    await queue.append({ ...record("a"), units: 3 });
    (await taken(queue)).retry({ at: 0, units: 1 });
    expect(queue.stats.units).toBe(1);
    const last = await taken(queue);
    expect(last.units).toBe(1);
    last.done();
    expect(queue.stats.units).toBe(0);
  });
});

describe("the bounds of a queue", () => {
  it("evicts the oldest of the tenant that holds most", async () => {
    const { queue } = await opened({ maxBytes: 1024 * 1024 });
    const body = "x".repeat(10_000);
    for (let i = 0; i < 20; i += 1) await queue.append(record(`small ${body}`, { tenant: "small" }));
    for (let i = 0; i < 300; i += 1) {
      await queue.append(record(`${String(i).padStart(3, "0")}${body}`, { tenant: "large" }));
      expect(queue.stats.fileBytes).toBeLessThanOrEqual(1024 * 1024 + 128 * 1024);
    }
    const lost = losses.reduce((sum, { records }) => sum + records, 0);
    expect(losses.every(({ reason, tenant }) => reason === "evicted" && tenant === "large")).toBe(true);
    expect(queue.stats.records).toBe(320 - lost);
    expect(queue.stats.records).toBeGreaterThan(60);
    const texts = await drain(queue);
    expect(texts.filter((text) => text.startsWith("small"))).toHaveLength(20);
    const kept = texts.filter((text) => !text.startsWith("small")).map((text) => text.slice(0, 3));
    expect(kept.sort()[0]).toBe(String(lost).padStart(3, "0"));
  });

  it("does not let a few records that stay hold the room of those that are done", async () => {
    const { queue } = await opened({ maxBytes: 1024 * 1024 });
    const body = "x".repeat(10_000);
    for (let i = 0; i < 600; i += 1) {
      const stays = i % 20 === 0;
      await queue.append(record(`${i} ${body}`, { tenant: stays ? "stays" : "flows" }));
      // After the first one its tenant is paused.
      if (i === 0) (await taken(queue)).retry({ at: Date.now() + 60_000, pauseTenantUntil: Date.now() + 60_000 });
      if (!stays) (await taken(queue)).done();
    }
    expect(losses).toEqual([]);
    expect(queue.stats.records).toBe(30);
    expect(queue.stats.fileBytes).toBeLessThanOrEqual(1024 * 1024 + 128 * 1024);
    await queue.close();
    const again = await opened();
    expect(again.recovered.records).toBe(30);
    expect((await drain(again.queue)).map((text) => Number(text.split(" ")[0])).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (_, i) => i * 20),
    );
  });

  it("has the room of a full disk again when everything in it is done", async () => {
    const { queue } = await opened({ files: smallDisk(20_000) });
    const full = (async (): Promise<never> => {
      for (;;) await queue.append(record("x".repeat(1000)));
    })();
    await expect(full).rejects.toMatchObject({ name: "QueueError", code: "full" });
    await drain(queue);
    await expect.poll(() => queue.stats.fileBytes, { timeout: 5000 }).toBe(0);
    await queue.append(record("again"));
    expect(await drain(queue)).toEqual(["again"]);
  });

  it("drops what is too old, at its time and when it is taken", async () => {
    const { queue } = await opened({ maxAgeMs: 1500 });
    await queue.append(record("old", { createdAt: Date.now() - 1400, units: 2 }));
    await queue.append(record("young"));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(await textOf(await taken(queue))).toBe("young");
    expect(losses).toMatchObject([{ reason: "expired", tenant: "", records: 1, units: 2, bytes: 3 }]);
  });

  it("tells of losses by topic, also of what was there before", async () => {
    const topicOf = (start: Uint8Array): string => Buffer.from(start).toString().split(" ")[0] ?? "";
    const before = await opened({ topicOf });
    const createdAt = Date.now() - 1000;
    for (const [topic, units] of [
      ["a", 1],
      ["a", 2],
      ["b", 4],
    ] as const) {
      await before.queue.append(record(`${topic} ${units}`, { topic, createdAt, units }));
    }
    await before.queue.close();
    const { queue } = await opened({ topicOf });
    await queue.append(record("b 8", { topic: "b", createdAt, units: 8 }));
    await queue.append(record("of nobody", { createdAt, units: 16 }));
    queue.limit({ maxBytes: 1e6, maxAgeMs: 500 });
    await expect.poll(() => losses, { timeout: 5000 }).toHaveLength(1);
    expect(losses[0]).toMatchObject({ reason: "expired", records: 5, units: 31 });
    expect(Object.fromEntries(losses[0]?.topics ?? [])).toEqual({
      a: { units: 3, bytes: 6 },
      b: { units: 12, bytes: 6 },
      "": { units: 16, bytes: 9 },
    });
  });

  it("loses nothing young when the clock jumps by hours", async () => {
    let jump = 0;
    const { queue } = await opened({ maxAgeMs: 3_000_000, now: () => Date.now() + jump });
    await queue.append(record("before"));
    const underWay = queue.append(record("under way"));
    jump = 7_200_000;
    await underWay;
    await queue.append(record("while", { createdAt: Date.now() + jump }));
    queue.limit({ maxBytes: 1_000_000, maxAgeMs: 3_000_000 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    jump = 0;
    (await taken(queue)).retry({ at: Date.now() + 20 });
    jump = -7_200_000;
    expect((await drain(queue)).sort()).toEqual(["before", "under way", "while"]);
    expect(losses).toEqual([]);
  });
});

/** The offset in the last entry of the first companion. */
async function notedTo(where: string): Promise<number> {
  return (await readFile(join(where, "0000000001.done"))).readUInt32LE((await stat(join(where, "0000000001.done"))).size - 8);
}

describe("opening", () => {
  it("refuses a folder that is open already", async () => {
    await opened();
    await expect(opened()).rejects.toMatchObject({ name: "QueueError", message: expect.stringContaining("in use") });
  });

  it("says what is wrong with a folder that cannot be used", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(opened({ folder: join(folder, "file") })).rejects.toMatchObject({ name: "QueueError", code: "io" });
  });

  it("cuts off a torn tail", async () => {
    const first = await opened();
    await first.queue.append(record("whole"));
    await first.queue.close();
    const path = join(folder, "0000000001.segment");
    const bytes = await readFile(path);
    await writeFile(path, Buffer.concat([bytes, bytes.subarray(24, -2)]));
    const second = await opened();
    expect(second.problems).toEqual([expect.stringContaining("cut off")]);
    expect(losses).toEqual([]);
    expect(await drain(second.queue)).toEqual(["whole"]);
  });

  it.each(["closed", "left alone for a while"])("tells of damage in what was written last before it was %s", async (how) => {
    const ways: readonly ((bytes: Buffer) => Buffer)[] = [
      (bytes) => bytes.fill(0, bytes.lastIndexOf("last"), bytes.lastIndexOf("last") + 2),
      (bytes) => bytes.subarray(0, -2),
      (bytes) => bytes.subarray(0, bytes.lastIndexOf("last") - 48),
      (bytes) => bytes.subarray(0, bytes.lastIndexOf("last") - 30),
    ];
    for (const damage of ways) {
      const origin = await mkdtemp(join(folder, "origin-"));
      const first = await opened({ folder: origin, syncMs: 20 });
      await first.queue.append(record("first"));
      await first.queue.append(record("last"));
      if (how === "closed") await first.queue.close();
      else await expect.poll(() => notedTo(origin)).toBe((await stat(join(origin, "0000000001.segment"))).size);
      // As another process would find it after a crash.
      const copy = await mkdtemp(join(folder, "copy-"));
      await cp(origin, copy, { recursive: true, filter: (path) => !path.endsWith("lock") });
      const path = join(copy, "0000000001.segment");
      await writeFile(path, damage(await readFile(path)));
      losses = [];
      const second = await opened({ folder: copy });
      expect(losses).toMatchObject([{ reason: "corrupt", records: 1, units: 1 }]);
      expect(second.problems).toHaveLength(1);
      expect(await drain(second.queue)).toEqual(["first"]);
    }
  });

  it("notices that the end of an earlier segment is missing, counts it, and tells of it once", async () => {
    const text = (index: number): string => `${index} ${"x".repeat(2280)}`;
    for (const rest of [0, 20, 100]) {
      folder = await mkdtemp(join(folder, "cut-"));
      losses = [];
      const first = await opened({ segmentBytes: 16_384 });
      for (let index = 0; index < 12; index += 1) await first.queue.append(record(text(index)));
      await first.queue.close();
      const path = join(folder, "0000000001.segment");
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, bytes.indexOf(text(3)) - 48 + rest));
      const second = await opened();
      expect(second.problems.join()).toMatch(/records lost/);
      expect(losses).toMatchObject([{ reason: "corrupt", units: 4, records: 4 }]);
      await second.queue.close();
      const third = await opened();
      expect(third.problems).toEqual([]);
      expect(losses).toHaveLength(1);
      expect((await drain(third.queue)).length).toBe(8);
    }
  });

  it("sets damage in the middle aside and goes on behind it, and tells of it once", async () => {
    const first = await opened();
    for (const text of ["one", "two", "three", "four"]) await first.queue.append(record(text));
    await first.queue.close();
    const path = join(folder, "0000000001.segment");
    const bytes = await readFile(path);
    bytes[bytes.indexOf("two")] = 0;
    bytes[bytes.indexOf("three") - 20] = 99;
    await writeFile(path, bytes);
    const second = await opened();
    expect(second.problems).toHaveLength(2);
    const lostParts = new Map([["", { units: 2, bytes: expect.any(Number) as number }]]);
    expect(losses).toEqual([{ reason: "corrupt", tenant: "", records: 2, units: 2, bytes: expect.any(Number), topics: lostParts }]);
    expect((await stat(join(folder, "quarantine"))).isDirectory()).toBe(true);
    await second.queue.close();
    const third = await opened();
    expect(third.problems).toEqual([]);
    expect((await drain(third.queue)).sort()).toEqual(["four", "one"]);
  });
});
