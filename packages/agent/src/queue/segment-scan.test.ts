import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { openQueue } from "./open-queue.ts";
import type { QueueLoss } from "./queue.ts";
import { scanSegment } from "./segment-scan.ts";
import { CrashFileSystem } from "./testing/crash-file-system.ts";

/** A segment and its companion with 24 records of three sizes, every third one done. */
let healthy: ReadonlyMap<string, Buffer>;
const path = "/queue/0000000001.segment";

function open(files: CrashFileSystem, losses: QueueLoss[] = []) {
  return openQueue({ folder: "/queue", maxBytes: 1e8, maxAgeMs: 1e12, onLoss: (loss) => losses.push(loss), files, syncMs: 1e6 });
}

beforeAll(async () => {
  const files = new CrashFileSystem();
  const { queue } = await open(files);
  for (let i = 0; i < 24; i += 1) {
    const payload = [Buffer.from(`payload ${i} `.repeat([1, 50, 400][i % 3] ?? 1))];
    await queue.append({ tenant: i % 2 === 0 ? "even" : "", createdAt: Date.now(), units: i, payload });
  }
  for (let i = 0; i < 8; i += 1) (await queue.take(AbortSignal.timeout(1000)))?.done();
  await queue.close();
  healthy = files.contents();
});

type Mutation = readonly [kind: "flip" | "cut" | "insert" | "zero" | "copy", at: number, length: number, value: number];

const mutation: fc.Arbitrary<Mutation> = fc.tuple(
  fc.constantFrom("flip", "cut", "insert", "zero", "copy"),
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.integer({ min: 1, max: 3000 }),
  fc.integer({ min: 1, max: 255 }),
);

function mutated(bytes: Buffer, mutations: readonly Mutation[]): Buffer {
  let result = Buffer.from(bytes);
  for (const [kind, place, length, value] of mutations) {
    const at = Math.floor(place * result.length);
    const [before, after] = [result.subarray(0, at), result.subarray(at + length)];
    if (kind === "flip" && at < result.length) result[at] = (result[at] ?? 0) ^ value;
    else if (kind === "cut") result = Buffer.concat([before, after]);
    else if (kind === "insert") result = Buffer.concat([before, Buffer.alloc(length, value), result.subarray(at)]);
    else if (kind === "zero") result.fill(0, at, Math.min(result.length, at + length));
    else result = Buffer.concat([before, result.subarray(at, at + length), result.subarray(at)]);
  }
  return result;
}

describe("reading a segment", () => {
  it("takes any damage: it ends, tells of intact records only, and the queue opens", { timeout: 60_000 }, async () => {
    const whole = new Map<string, string>();
    await scanSegment(await new CrashFileSystem(healthy).open(path, "read"), undefined, ({ header }) => {
      whole.set(`${header.sequence}`, JSON.stringify({ ...header, syncedTo: 0 }));
    });
    expect(whole.size).toBe(24);
    const files = fc.array(mutation, { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(files, fc.array(mutation, { maxLength: 3 }), async (onSegment, onDone) => {
        const contents = new Map(
          Array.from(
            healthy,
            ([name, bytes]) => [name, mutated(bytes, name === path ? onSegment : name.endsWith(".done") ? onDone : [])] as const,
          ),
        );
        const offsets: number[] = [];
        const file = await new CrashFileSystem(contents).open(path, "read");
        const scan = await scanSegment(file, undefined, ({ offset, header }) => {
          offsets.push(offset);
          expect(JSON.stringify({ ...header, syncedTo: 0 })).toBe(whole.get(`${header.sequence}`));
        });
        expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
        const damaged = scan.damage.reduce((sum, { bytes }) => sum + bytes, 0);
        expect(damaged).toBeLessThanOrEqual(scan.size);
        const { queue, recovered } = await open(new CrashFileSystem(contents));
        expect(recovered.records).toBeLessThanOrEqual(offsets.length);
        for (let i = 0; i < recovered.records; i += 1) {
          const lease = await queue.take(AbortSignal.timeout(1000));
          expect(Buffer.from((await lease?.payload()) ?? []).toString()).toMatch(/^(?:payload \d+ )+$/);
          lease?.done();
        }
        await queue.close();
      }),
      { numRuns: 300 },
    );
  });

  it("takes arbitrary bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5000 }), async (bytes) => {
        const contents = new Map([[path, Buffer.from(bytes)]]);
        const losses: QueueLoss[] = [];
        const { queue, recovered } = await open(new CrashFileSystem(contents), losses);
        expect(recovered.records).toBe(0);
        await queue.close();
      }),
    );
  });

  it("is linear in bytes that look like records", async () => {
    const files = new CrashFileSystem(new Map([[path, Buffer.alloc(8 * 1024 * 1024, "FLQR")]]));
    const from = performance.now();
    const scan = await scanSegment(await files.open(path, "read"), undefined, () => undefined);
    expect(scan.damage).toEqual([{ offset: 0, bytes: 8 * 1024 * 1024, record: undefined }]);
    expect(performance.now() - from).toBeLessThan(5000);
  });

  it("does not take a copy of a segment inside a payload for records", async () => {
    const files = new CrashFileSystem();
    const first = await open(files);
    await first.queue.append({ tenant: "", createdAt: Date.now(), units: 1, payload: [Buffer.from("first")] });
    await first.queue.append({ tenant: "", createdAt: Date.now(), units: 1, payload: [healthy.get(path) ?? Buffer.alloc(0)] });
    await first.queue.append({ tenant: "", createdAt: Date.now(), units: 1, payload: [Buffer.from("last")] });
    await first.queue.close();
    const bytes = Buffer.from(files.contents().get(path) ?? []);
    // The header of the second record: its payload is searched for the next one.
    bytes[bytes.indexOf("first") + 5] = 0;
    const losses: QueueLoss[] = [];
    const second = await open(new CrashFileSystem(new Map([...files.contents(), [path, bytes]])), losses);
    expect(second.recovered.records).toBe(2);
    expect(losses).toMatchObject([{ reason: "corrupt", records: 1 }]);
    await second.queue.close();
  });

  it("loses only what is on the pages that the disk cannot read", async () => {
    const files = new CrashFileSystem(healthy);
    let reads = 0;
    // The first read fails as a whole, then a page of it with records that are not done.
    files.fate = (call, name) => (call === "read" && name === path && [1, 9].includes(++reads) ? { fail: "EIO" } : "ok");
    const losses: QueueLoss[] = [];
    const { queue, recovered, problems } = await open(files, losses);
    expect(problems.length).toBeGreaterThan(0);
    expect(recovered.records).toBeGreaterThan(5);
    expect(recovered.records).toBeLessThan(16);
    await queue.close();
  });
});
