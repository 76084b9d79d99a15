import { cp, mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { drain, QueueSetUp, record } from "./testing/queue-set-up.ts";

let setUp: QueueSetUp;

beforeEach(async () => {
  setUp = await QueueSetUp.create();
});

afterEach(() => setUp[Symbol.asyncDispose]());

/** The offset in the last entry of the first companion. */
async function notedTo(where: string): Promise<number> {
  return (await readFile(join(where, "0000000001.done"))).readUInt32LE((await stat(join(where, "0000000001.done"))).size - 8);
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
