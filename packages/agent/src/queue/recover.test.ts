import { cp, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { examineQueue } from "./examine.ts";
import { drain, QueueSetUp, record, taken, textOf } from "./testing/queue-set-up.ts";

let setUp: QueueSetUp;

beforeEach(async () => {
  setUp = await QueueSetUp.create();
});

afterEach(() => setUp[Symbol.asyncDispose]());

/** How far the first segment is synced by the last entries of its companion. */
async function notedTo(where: string): Promise<number> {
  return (await readFile(join(where, "0000000001.done"))).readUInt32LE((await stat(join(where, "0000000001.done"))).size - 16);
}

describe("opening", () => {
  it("refuses a folder that is open already", async () => {
    await setUp.opened();
    await expect(setUp.opened()).rejects.toMatchObject({ name: "QueueError", message: expect.stringContaining("in use") });
  });

  it("says what is wrong with a folder that cannot be used", async () => {
    await writeFile(join(setUp.folder, "file"), "");
    await expect(setUp.opened({ folder: join(setUp.folder, "file") })).rejects.toMatchObject({ name: "QueueError", code: "io" });
  });

  it("cuts off a torn tail", async () => {
    const first = await setUp.opened();
    await first.queue.append(record("whole"));
    await first.queue.close();
    const path = join(setUp.folder, "0000000001.segment");
    const bytes = await readFile(path);
    await writeFile(path, Buffer.concat([bytes, bytes.subarray(24, -2)]));
    const second = await setUp.opened();
    expect(second.problems).toEqual([expect.stringContaining("cut off")]);
    expect(setUp.losses).toEqual([]);
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
      const origin = await mkdtemp(join(setUp.folder, "origin-"));
      const first = await setUp.opened({ folder: origin, syncMs: 20 });
      await first.queue.append(record("first"));
      await first.queue.append(record("last"));
      if (how === "closed") await first.queue.close();
      else await expect.poll(() => notedTo(origin)).toBe((await stat(join(origin, "0000000001.segment"))).size);
      // As another process would find it after a crash.
      const copy = await mkdtemp(join(setUp.folder, "copy-"));
      await cp(origin, copy, { recursive: true, filter: (path) => !path.endsWith("lock") });
      const path = join(copy, "0000000001.segment");
      await writeFile(path, damage(await readFile(path)));
      setUp.losses = [];
      const second = await setUp.opened({ folder: copy });
      expect(setUp.losses).toMatchObject([{ reason: "corrupt", records: 1, units: 1 }]);
      expect(second.problems).toHaveLength(1);
      expect(await drain(second.queue)).toEqual(["first"]);
    }
  });

  describe("counts what was lost with the end of the newest file, and no more", () => {
    /** Ten records, of which the first three and the sixth are done, in a closed queue; where each begins. */
    async function tenRecords(): Promise<readonly number[]> {
      const { queue } = await setUp.opened();
      for (let index = 0; index < 10; index += 1) await queue.append(record(`number ${index}`));
      const leases = [];
      for (let index = 0; index < 10; index += 1) leases.push(await taken(queue));
      for (const lease of leases) if (/[0125]$/.test(await textOf(lease))) lease.done();
      await queue.close();
      const bytes = await readFile(join(setUp.folder, "0000000001.segment"));
      return Array.from({ length: 10 }, (_, index) => bytes.indexOf(`number ${index}`) - 48);
    }

    const cases: readonly (readonly [what: string, damage: (bytes: Buffer, starts: readonly number[]) => Buffer, lost: number])[] = [
      ["emptied", () => Buffer.alloc(0), 6],
      ["cut in a header of a done record, with live ones behind it", (bytes, starts) => bytes.subarray(0, (starts[5] ?? 0) + 20), 4],
      ["cut in a payload", (bytes, starts) => bytes.subarray(0, (starts[6] ?? 0) + 50), 4],
      ["cut between two", (bytes, starts) => bytes.subarray(0, starts[8]), 2],
      ["overwritten from the middle to the end", (bytes, starts) => bytes.fill(0, (starts[4] ?? 0) + 3), 5],
      ["overwritten twice", (bytes, starts) => bytes.fill(0, starts[3], starts[4]).fill(0, starts[7]), 4],
      ["damaged in done records only", (bytes, starts) => bytes.fill(0, starts[1], starts[2]).fill(0, (starts[5] ?? 0) + 50, starts[6]), 0],
    ];

    it.each(cases)("%s", async (_, damage, lost) => {
      const starts = await tenRecords();
      const path = join(setUp.folder, "0000000001.segment");
      await writeFile(path, damage(await readFile(path), starts));
      expect((await examineQueue(setUp.folder)).damage.reduce((sum, { records }) => sum + records, 0)).toBe(lost);
      const { queue, recovered, problems } = await setUp.opened();
      expect(setUp.losses.reduce((sum, { records }) => sum + records, 0)).toBe(lost);
      expect(recovered.records).toBe(6 - lost);
      expect(problems.length > 0).toBe(lost > 0);
      await queue.close();
      setUp.losses = [];
      expect((await setUp.opened()).problems).toEqual([]);
      expect(setUp.losses).toEqual([]);
    });
  });

  it.each(["damaged", "missing", "empty"])("says what a companion that is %s may cost", async (how) => {
    const first = await setUp.opened();
    for (const text of ["done", "live"]) await first.queue.append(record(text));
    (await taken(first.queue)).done();
    await first.queue.close();
    const path = join(setUp.folder, "0000000001.done");
    if (how === "missing") await rm(path);
    else await writeFile(path, how === "empty" ? "" : (await readFile(path)).fill(1, 3, 5));
    const { unreadable } = await examineQueue(setUp.folder);
    const { queue, problems } = await setUp.opened();
    const told = how === "empty" ? 0 : 1;
    expect([unreadable.length, problems.length]).toEqual([told, told]);
    expect(problems.join()).toMatch(told === 0 ? /^$/ : /may be delivered again/);
    expect(setUp.losses).toEqual([]);
    expect((await drain(queue)).sort()).toEqual(["done", "live"]);
  });

  it("knows whose a record was of which only the payload is damaged", async () => {
    const first = await setUp.opened();
    await first.queue.append(record("shop and more"));
    await first.queue.close();
    const path = join(setUp.folder, "0000000001.segment");
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(0, bytes.length - 1));
    await setUp.opened({ topicOf: (start) => Buffer.from(start).toString().slice(0, 4) });
    expect([...(setUp.losses[0]?.topics.keys() ?? [])]).toEqual(["shop"]);
  });

  it("notices that the end of an earlier segment is missing, counts it, and tells of it once", async () => {
    const text = (index: number): string => `${index} ${"x".repeat(2280)}`;
    for (const rest of [0, 20, 100]) {
      setUp.folder = await mkdtemp(join(setUp.folder, "cut-"));
      setUp.losses = [];
      const first = await setUp.opened({ segmentBytes: 16_384 });
      for (let index = 0; index < 12; index += 1) await first.queue.append(record(text(index)));
      await first.queue.close();
      const path = join(setUp.folder, "0000000001.segment");
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, bytes.indexOf(text(3)) - 48 + rest));
      const second = await setUp.opened();
      expect(second.problems.join()).toMatch(/records lost/);
      expect(setUp.losses).toMatchObject([{ reason: "corrupt", units: 4, records: 4 }]);
      await second.queue.close();
      const third = await setUp.opened();
      expect(third.problems).toEqual([]);
      expect(setUp.losses).toHaveLength(1);
      expect((await drain(third.queue)).length).toBe(8);
    }
  });

  it("sets damage in the middle aside and goes on behind it, and tells of it once", async () => {
    const first = await setUp.opened();
    for (const text of ["one", "two", "three", "four"]) await first.queue.append(record(text));
    await first.queue.close();
    const path = join(setUp.folder, "0000000001.segment");
    const bytes = await readFile(path);
    bytes[bytes.indexOf("two")] = 0;
    bytes[bytes.indexOf("three") - 20] = 99;
    await writeFile(path, bytes);
    const second = await setUp.opened();
    expect(second.problems).toHaveLength(2);
    const lostParts = new Map([["", { units: 2, bytes: expect.any(Number) as number }]]);
    expect(setUp.losses).toEqual([{ reason: "corrupt", tenant: "", records: 2, units: 2, bytes: expect.any(Number), topics: lostParts }]);
    expect((await stat(join(setUp.folder, "quarantine"))).isDirectory()).toBe(true);
    await second.queue.close();
    const third = await setUp.opened();
    expect(third.problems).toEqual([]);
    expect((await drain(third.queue)).sort()).toEqual(["four", "one"]);
  });
});
