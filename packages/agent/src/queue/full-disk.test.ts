import { spawnSync } from "node:child_process";
import { mkdtemp, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openQueue } from "./open-queue.ts";
import { QueueError } from "./queue.ts";

const isRoot = process.getuid?.() === 0;

async function withSmallDisk(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "flameline-queue-full-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder]);
  try {
    if (mounted.status === 0) await body(folder);
    else throw new Error(`mount failed: ${mounted.stderr.toString()}`);
  } finally {
    if (mounted.status === 0) spawnSync("umount", [folder]);
    await rm(folder, { recursive: true });
  }
}

describe("a disk that is full", () => {
  it.skipIf(!isRoot)(
    "refuses what does not fit, keeps what did, and works again when there is room (needs root: mounts a tmpfs)",
    async () => {
      await withSmallDisk(async (disk) => {
        const folder = join(disk, "queue");
        const options = { folder, maxBytes: 1e8, segmentBytes: 300_000, maxAgeMs: 1e9, onLoss: () => expect.unreachable() };
        const { queue } = await openQueue(options);
        const kept: number[] = [];
        const append = async (number: number): Promise<string> => {
          const payload = [Buffer.from(`${number} `), Buffer.alloc(50_000, 1)];
          try {
            await queue.append({ tenant: "", createdAt: Date.now(), units: 1, payload });
            kept.push(number);
            return "kept";
          } catch (error) {
            return error instanceof QueueError ? error.code : String(error);
          }
        };
        await writeFile(join(disk, "other"), Buffer.alloc(1_000_000));
        for (let i = 0; i < 30; i += 1) await append(i);
        expect(kept.length).toBeGreaterThan(10);
        expect(kept.length).toBeLessThan(24);
        expect(await append(30)).toBe("full");
        // With no room at all, what is done still makes room.
        for (let i = 0; i < 12; i += 1) (await queue.take(AbortSignal.timeout(1000)))?.done();
        await expect.poll(() => append(31), { timeout: 5000 }).toBe("kept");
        await writeFile(join(disk, "more"), Buffer.alloc(2_000_000)).catch(() => undefined);
        expect(await append(32)).toBe("full");
        await unlink(join(disk, "more"));
        await unlink(join(disk, "other"));
        expect(await append(33)).toBe("kept");
        await queue.close();
        const again = await openQueue(options);
        expect(again.problems).toEqual([]);
        expect(again.recovered.records).toBe(kept.length - 12);
        await again.queue.close();
      });
    },
  );
});
