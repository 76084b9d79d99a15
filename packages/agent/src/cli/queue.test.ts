import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openQueue } from "../queue/open-queue.ts";
import { runProgram } from "./program.ts";

let storage: string;

beforeEach(async () => {
  storage = await mkdtemp(join(tmpdir(), "flameline-queue-cli-"));
});

afterEach(async () => {
  await rm(storage, { recursive: true });
});

async function run(...args: string[]): Promise<{ exit: number; out: string; err: string }> {
  const written = { out: "", err: "" };
  const exit = await runProgram(["queue", ...args], {
    out: { write: (text) => void (written.out += text) },
    err: { write: (text) => void (written.err += text), offer: () => undefined, flushWithin: async () => true },
    color: false,
    readInput: async () => new Uint8Array(),
  });
  return { exit, ...written };
}

/** Two queues with three records of two tenants each, one of them done. */
async function fill(): Promise<readonly string[]> {
  const folders = ["pyroscope.write.a/0", "pyroscope.write.b/0"].map((name) => join(storage, name));
  for (const folder of folders) {
    const { queue } = await openQueue({ folder, maxBytes: 1e7, maxAgeMs: 1e7, onLoss: () => undefined });
    const createdAt = Date.now() - 120_000;
    for (const tenant of ["one", "one", "two"]) {
      await queue.append({ tenant, createdAt, units: 2, payload: [Buffer.from(`profile of ${tenant} ${"x".repeat(5000)}`)] });
    }
    (await queue.take(AbortSignal.timeout(1000)))?.done();
    await queue.close();
  }
  return folders;
}

describe("queue inspect", () => {
  it("says what waits, in every queue of a storage directory", async () => {
    const folders = await fill();
    const { exit, out } = await run("inspect", storage);
    expect(exit).toBe(0);
    for (const folder of folders) expect(out).toContain(`${folder}\n  waiting   2 records, 4 profiles, 9.9 KiB\n`);
    expect(out).toMatch(/\n {2}oldest {4}\d{4}-\S+Z, 2m\d+s old\n/);
    expect(out).toMatch(/\n {2}one {5}1 {8}2 {9}4\.9 KiB {2}2m\d+s\n/);
  });

  it("prints the same as JSON", async () => {
    const [folder = ""] = await fill();
    const { out } = await run("inspect", "--json", folder);
    const reports = JSON.parse(out) as unknown;
    expect(reports).toMatchObject([{ folder, records: 2, units: 4, done: 1, tenants: [{ records: 1 }, { records: 1 }], damage: [] }]);
  });

  it("says that there is nothing", async () => {
    expect(await run("inspect", storage)).toEqual({ exit: 0, out: `no queue in ${storage} holds anything\n`, err: "" });
  });
});

describe("queue check", () => {
  it("finds nothing wrong with what is whole", async () => {
    const [folder = ""] = await fill();
    const { exit, out } = await run("check", folder);
    expect({ exit, out }).toEqual({ exit: 0, out: `${folder}: ok, 2 records waiting and 1 done with right checksums\n` });
  });

  it("says what is damaged, before and after a collector has set it aside, and changes nothing", async () => {
    const [folder = ""] = await fill();
    const path = join(folder, "0000000001.segment");
    const bytes = await readFile(path);
    bytes[bytes.lastIndexOf("profile of one")] = 0;
    await writeFile(path, bytes);
    const first = await run("check", storage);
    expect(first.exit).toBe(1);
    expect(first.out).toMatch(
      /damaged, 1 record waiting.*\n {2}0000000001\.segment: 4\.9 KiB at \d+ are damaged: 1 record of tenant "one" lost\n/,
    );
    expect(await readFile(path)).toEqual(bytes);
    const { queue } = await openQueue({ folder, maxBytes: 1e7, maxAgeMs: 1e7, onLoss: () => undefined });
    await queue.close();
    const second = await run("check", folder);
    expect(second.exit).toBe(1);
    expect(second.out).toContain("lost, told of before\n");
    expect(second.out).toMatch(/quarantine\/0000000001-\d+\.bad: 4\.9 KiB that were damaged and set aside/);
  });
});

describe("queue", () => {
  it("says what is wrong with the command line", async () => {
    expect((await run("look", storage)).err).toBe('Error: unknown action "look": use one of inspect, check\n');
    expect((await run("check", join(storage, "none"))).err).toBe(
      `Error: cannot read ${join(storage, "none")}: no such file or directory\n`,
    );
  });
});
