import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FileSystem } from "./file-system.ts";
import { nodeFileSystem } from "./file-system.ts";
import type { Lease } from "./queue.ts";
import { drain, QueueSetUp, record, taken, textOf } from "./testing/queue-set-up.ts";

const never = new AbortController().signal;

let setUp: QueueSetUp;

beforeEach(async () => {
  setUp = await QueueSetUp.create();
});

afterEach(() => setUp[Symbol.asyncDispose]());

/** The system's files, with room for so many bytes in the folder. */
function smallDisk(room: number): FileSystem {
  const used = async (): Promise<number> => {
    const names = await readdir(setUp.folder);
    return (await Promise.all(names.map(async (name) => (await stat(join(setUp.folder, name))).size))).reduce((sum, size) => sum + size, 0);
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
    const { queue } = await setUp.opened();
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
    const { queue } = await setUp.opened();
    for (let i = 1; i <= 8; i += 1) await queue.append(record(`r${i}`));
    expect(await drain(queue)).toEqual(["r1", "r2", "r3", "r8", "r4", "r5", "r6", "r7"]);
  });

  it("keeps what was not done over closing and opening, and nothing else", async () => {
    const first = await setUp.opened();
    await Promise.all(["a", "b", "c", "d"].map((text) => first.queue.append(record(text))));
    (await taken(first.queue)).done();
    await taken(first.queue);
    await first.queue.close();
    const second = await setUp.opened();
    expect(second).toMatchObject({ recovered: { records: 3, units: 3 }, problems: [] });
    expect((await drain(second.queue)).sort()).toEqual(["b", "c", "d"]);
    await second.queue.close();
    expect(await readdir(setUp.folder)).toEqual([]);
  });

  it("waits for a record, and gives up when told to or closed", async () => {
    const { queue } = await setUp.opened();
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
    const { queue } = await setUp.opened();
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
    const { queue } = await setUp.opened();
    const large = (index: number): Buffer => Buffer.alloc(1024 * 1024, index);
    for (let i = 0; i < 20; i += 1) await queue.append(record("", { payload: [large(i)] }));
    for (let i = 0; i < 20; i += 1) {
      const lease = await taken(queue);
      const payload = Buffer.from(await lease.payload());
      expect(payload.equals(large(payload[0] ?? 255))).toBe(true);
      lease.done();
    }
    await queue.close();
    expect(await readdir(setUp.folder)).toEqual([]);
  });

  it("refuses a record that alone is more than the budget", async () => {
    const { queue } = await setUp.opened({ maxBytes: 100_000 });
    await expect(queue.append(record("x".repeat(100_000)))).rejects.toMatchObject({ code: "too_large" });
    await expect(queue.append(record("x", { tenant: "t".repeat(513) }))).rejects.toMatchObject({ code: "too_large" });
    await queue.append(record("fits"));
  });

  it("leaves foreign files alone", async () => {
    await writeFile(join(setUp.folder, "notes.txt"), "mine");
    const { queue } = await setUp.opened();
    await queue.append(record("a"));
    await queue.close();
    expect(await readFile(join(setUp.folder, "notes.txt"), "utf8")).toBe("mine");
  });
});

describe("Lease.retry()", () => {
  it("brings the record back at its time", async () => {
    const { queue } = await setUp.opened();
    await queue.append(record("again"));
    const from = performance.now();
    (await taken(queue)).retry({ at: Date.now() + 60 });
    const lease = await taken(queue);
    expect(performance.now() - from).toBeGreaterThan(55);
    expect(lease.attempts).toBe(1);
    expect(await textOf(lease)).toBe("again");
  });

  it("pauses a tenant, then lets one record at a time through until one is done", async () => {
    const { queue } = await setUp.opened();
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

describe("a tenant of which records fail", () => {
  it("is probed with what has not failed yet, when there is any", async () => {
    const { queue } = await setUp.opened({ newestEvery: Infinity });
    for (const text of ["bad 1", "bad 2"]) await queue.append(record(text));
    const first = [await taken(queue), await taken(queue)];
    const until = Date.now() + 20;
    for (const lease of first) lease.retry({ at: until, pauseTenantUntil: until });
    await queue.append(record("good"));
    const probe = await taken(queue);
    expect(await textOf(probe)).toBe("good");
    probe.done();
    expect(await textOf(await taken(queue))).toBe("bad 1");
  });
});

describe("sharing between tenants", () => {
  it("lets tenants take turns", async () => {
    const { queue } = await setUp.opened();
    for (const tenant of ["a", "a", "a", "b", "c", "b"]) await queue.append(record("x", { tenant }));
    const order: string[] = [];
    for (let i = 0; i < 6; i += 1) order.push((await taken(queue)).tenant);
    expect(order).toEqual(["a", "b", "c", "a", "b", "a"]);
  });

  it("keeps some leases free of a tenant that ends none", async () => {
    const { queue } = await setUp.opened({ concurrency: 8 });
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
    const { queue } = await setUp.opened();
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
    const { queue } = await setUp.opened();
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
    const { queue } = await setUp.opened({ maxBytes: 1024 * 1024 });
    const body = "x".repeat(10_000);
    for (let i = 0; i < 20; i += 1) await queue.append(record(`small ${body}`, { tenant: "small" }));
    for (let i = 0; i < 300; i += 1) {
      await queue.append(record(`${String(i).padStart(3, "0")}${body}`, { tenant: "large" }));
      expect(queue.stats.fileBytes).toBeLessThanOrEqual(1024 * 1024 + 128 * 1024);
    }
    const lost = setUp.losses.reduce((sum, { records }) => sum + records, 0);
    expect(setUp.losses.every(({ reason, tenant }) => reason === "evicted" && tenant === "large")).toBe(true);
    expect(queue.stats.records).toBe(320 - lost);
    expect(queue.stats.records).toBeGreaterThan(60);
    const texts = await drain(queue);
    expect(texts.filter((text) => text.startsWith("small"))).toHaveLength(20);
    const kept = texts.filter((text) => !text.startsWith("small")).map((text) => text.slice(0, 3));
    expect(kept.sort()[0]).toBe(String(lost).padStart(3, "0"));
  });

  it("does not let a few records that stay hold the room of those that are done", async () => {
    const { queue } = await setUp.opened({ maxBytes: 1024 * 1024 });
    const body = "x".repeat(10_000);
    for (let i = 0; i < 600; i += 1) {
      const stays = i % 20 === 0;
      await queue.append(record(`${i} ${body}`, { tenant: stays ? "stays" : "flows" }));
      // After the first one its tenant is paused.
      if (i === 0) (await taken(queue)).retry({ at: Date.now() + 60_000, pauseTenantUntil: Date.now() + 60_000 });
      if (!stays) (await taken(queue)).done();
    }
    expect(setUp.losses).toEqual([]);
    expect(queue.stats.records).toBe(30);
    expect(queue.stats.fileBytes).toBeLessThanOrEqual(1024 * 1024 + 128 * 1024);
    await queue.close();
    const again = await setUp.opened();
    expect(again.recovered.records).toBe(30);
    expect((await drain(again.queue)).map((text) => Number(text.split(" ")[0])).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (_, i) => i * 20),
    );
  });

  it("has the room of a full disk again when everything in it is done", async () => {
    const { queue } = await setUp.opened({ files: smallDisk(20_000) });
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
    const { queue } = await setUp.opened({ maxAgeMs: 1500 });
    await queue.append(record("old", { createdAt: Date.now() - 1400, units: 2 }));
    await queue.append(record("young"));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(await textOf(await taken(queue))).toBe("young");
    expect(setUp.losses).toMatchObject([{ reason: "expired", tenant: "", records: 1, units: 2, bytes: 3 }]);
  });

  it("tells of losses by topic, also of what was there before", async () => {
    const topicOf = (start: Uint8Array): string => Buffer.from(start).toString().split(" ")[0] ?? "";
    const before = await setUp.opened({ topicOf });
    const createdAt = Date.now() - 1000;
    for (const [topic, units] of [
      ["a", 1],
      ["a", 2],
      ["b", 4],
    ] as const) {
      await before.queue.append(record(`${topic} ${units}`, { topic, createdAt, units }));
    }
    await before.queue.close();
    const { queue } = await setUp.opened({ topicOf });
    await queue.append(record("b 8", { topic: "b", createdAt, units: 8 }));
    await queue.append(record("of nobody", { createdAt, units: 16 }));
    queue.limit({ maxBytes: 1e6, maxAgeMs: 500 });
    await expect.poll(() => setUp.losses, { timeout: 5000 }).toHaveLength(1);
    expect(setUp.losses[0]).toMatchObject({ reason: "expired", records: 5, units: 31 });
    expect(Object.fromEntries(setUp.losses[0]?.topics ?? [])).toEqual({
      a: { units: 3, bytes: 6 },
      b: { units: 12, bytes: 6 },
      "": { units: 16, bytes: 9 },
    });
  });

  it("loses nothing young when the clock jumps by hours", async () => {
    let jump = 0;
    const { queue } = await setUp.opened({ maxAgeMs: 3_000_000, now: () => Date.now() + jump });
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
    expect(setUp.losses).toEqual([]);
  });
});
