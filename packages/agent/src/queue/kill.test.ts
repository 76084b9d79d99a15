import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openQueue } from "./open-queue.ts";
import type { QueueLoss } from "./queue.ts";

const program = join(import.meta.dirname, "testing", "append-until-killed.ts");
const rounds = 10;

/** Starts the program, kills it after it has worked for a while and gives what it printed, whole lines only. */
async function runAndKill(folder: string, first: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [program, folder, String(first)], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const closed = once(child, "close");
  await once(child.stdout, "data");
  await new Promise((resolve) => setTimeout(resolve, 30 + Math.random() * 150));
  child.kill("SIGKILL");
  const [code] = (await closed) as [number | null];
  expect(code).toBeNull();
  return output.split("\n").slice(0, -1);
}

describe("kill -9", () => {
  it(`loses nothing that was kept, in ${rounds} rounds on one folder`, { timeout: 120_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "flameline-queue-kill-"));
    const kept = new Set<number>();
    const done = new Set<number>();
    for (let round = 0; round < rounds; round += 1) {
      for (const line of await runAndKill(folder, round * 1_000_000)) {
        const [what, number] = line.split(" ");
        (what === "kept" ? kept : done).add(Number(number));
      }
    }
    const losses: QueueLoss[] = [];
    const { queue, recovered } = await openQueue({ folder, maxBytes: 1e8, maxAgeMs: 1e9, onLoss: (loss) => losses.push(loss) });
    const found = new Set<number>();
    for (let i = 0; i < recovered.records; i += 1) {
      const lease = await queue.take(AbortSignal.timeout(5000));
      found.add(
        Number(
          Buffer.from((await lease?.payload()) ?? [])
            .toString()
            .split(" ")[0],
        ),
      );
      lease?.done();
    }
    await queue.close();
    await rm(folder, { recursive: true });
    expect(losses).toEqual([]);
    expect(found.size).toBe(recovered.records);
    expect(kept.size).toBeGreaterThan(rounds * 10);
    expect([...kept].filter((number) => !found.has(number) && !done.has(number))).toEqual([]);
    // What was done in the last milliseconds before a kill may come back.
    const back = [...done].filter((number) => found.has(number));
    expect(back.length).toBeLessThan(done.size / 4);
  });
});
