import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PathWatch } from "./path-watch.ts";
import { readLimited } from "./read-limited.ts";

let folder = "";
const watches: PathWatch[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "watch-"));
});
afterEach(async () => {
  await Promise.all(watches.splice(0).map((watch) => watch.close()));
  rmSync(folder, { recursive: true, force: true });
});

/** What was read at the path, change for change, missing files as `-`. */
async function watched(path: string, detector: "fsnotify" | "poll" = "fsnotify", pollMs = 60_000): Promise<readonly string[]> {
  const seen: string[] = [];
  const read = (): void => {
    let content = "-";
    try {
      content = readFileSync(path, "utf8");
    } catch {
      // Missing.
    }
    if (seen.at(-1) !== content) seen.push(content);
  };
  const watch = new PathWatch({ path, detector, pollMs, onChange: read });
  watches.push(watch);
  await watch.started;
  return seen;
}

describe("PathWatch", () => {
  it("sees a file written, replaced, removed and there again", async () => {
    const path = join(folder, "f");
    writeFileSync(path, "1");
    const seen = await watched(path);
    writeFileSync(path, "2");
    await expect.poll(() => seen).toEqual(["2"]);
    writeFileSync(join(folder, "new"), "3");
    renameSync(join(folder, "new"), path);
    await expect.poll(() => seen).toEqual(["2", "3"]);
    rmSync(path);
    await expect.poll(() => seen).toEqual(["2", "3", "-"]);
    writeFileSync(path, "4");
    await expect.poll(() => seen).toEqual(["2", "3", "-", "4"]);
  });

  it("begins with a look when it is asked to, one at a time with the others", async () => {
    const path = join(folder, "f");
    writeFileSync(path, "1");
    const seen: string[] = [];
    let running = 0;
    let most = 0;
    const onChange = async (): Promise<void> => {
      most = Math.max(most, (running += 1));
      const content = readFileSync(path, "utf8");
      await delay(seen.length === 0 ? 100 : 1);
      seen.push(content);
      running -= 1;
    };
    watches.push(new PathWatch({ path, detector: "fsnotify", pollMs: 60_000, lookAtOnce: true, onChange }));
    await delay(50);
    writeFileSync(path, "2");
    await expect.poll(() => seen).toEqual(["1", "2"]);
    expect(most).toBe(1);
  });

  it("sees links that lead elsewhere, as config maps do it", async () => {
    for (const version of ["..1", "..2"]) {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, "f"), version);
    }
    symlinkSync("..1", join(folder, "..data"));
    symlinkSync("..data/f", join(folder, "f"));
    const seen = await watched(join(folder, "f"));
    symlinkSync("..2", join(folder, "..tmp"));
    renameSync(join(folder, "..tmp"), join(folder, "..data"));
    await expect.poll(() => seen).toEqual(["..2"]);
    writeFileSync(join(folder, "..2", "f"), "in place");
    await expect.poll(() => seen).toEqual(["..2", "in place"]);
  });

  it("sees a file in a directory that is made later, and made again", async () => {
    const path = join(folder, "a/b/f");
    const seen = await watched(path);
    for (const content of ["1", "2"]) {
      mkdirSync(join(folder, "a/b"), { recursive: true });
      await delay(50);
      writeFileSync(path, content);
      await expect.poll(() => seen.at(-1)).toBe(content);
      rmSync(join(folder, "a"), { recursive: true });
      await expect.poll(() => seen.at(-1)).toBe("-");
    }
  });

  it("sees the files directly in a directory", async () => {
    let calls = 0;
    const watch = new PathWatch({ path: folder, detector: "fsnotify", pollMs: 60_000, onChange: () => void (calls += 1) });
    watches.push(watch);
    await watch.started;
    writeFileSync(join(folder, "x"), "1");
    await expect.poll(() => calls).toBe(1);
    writeFileSync(join(folder, "x"), "22");
    await expect.poll(() => calls).toBe(2);
    rmSync(join(folder, "x"));
    await expect.poll(() => calls).toBe(3);
  });

  it("does not call for other files of the same directory", async () => {
    writeFileSync(join(folder, "f"), "1");
    let calls = 0;
    const watch = new PathWatch({ path: join(folder, "f"), detector: "fsnotify", pollMs: 60_000, onChange: () => void (calls += 1) });
    watches.push(watch);
    await watch.started;
    for (let at = 0; at < 20; at += 1) writeFileSync(join(folder, `other${at}`), "1");
    await delay(150);
    expect(calls).toBe(0);
  });

  it("looks by itself as often as it is told", async () => {
    const path = join(folder, "f");
    const seen = await watched(path, "poll", 20);
    writeFileSync(path, "1");
    await expect.poll(() => seen.at(-1)).toBe("1");
  });

  it("never calls twice at a time, and not after close", async () => {
    const path = join(folder, "f");
    let running = 0;
    let most = 0;
    let calls = 0;
    const watch = new PathWatch({
      path,
      detector: "poll",
      pollMs: 1,
      onChange: async () => {
        calls += 1;
        running += 1;
        most = Math.max(most, running);
        await delay(10);
        running -= 1;
      },
    });
    await expect.poll(() => calls).toBeGreaterThan(3);
    await watch.close();
    const after = calls;
    await delay(30);
    expect([most, running, calls]).toEqual([1, 0, after]);
  });
});

it("does not look all the time when it should look once in a month", async () => {
  const path = join(folder, "f");
  writeFileSync(path, "1");
  const seen = await watched(path, "poll", 30 * 24 * 3_600_000);
  await delay(100);
  writeFileSync(path, "2");
  await delay(200);
  expect(seen).toEqual([]);
});

describe("readLimited()", () => {
  it("reads what fits and refuses what does not", async () => {
    const path = join(folder, "f");
    writeFileSync(path, "1234");
    expect(Buffer.from(await readLimited(path, 4)).toString()).toBe("1234");
    await expect(readLimited(path, 3)).rejects.toThrow(RangeError);
    await expect(readLimited(join(folder, "nope"), 3)).rejects.toThrow(/ENOENT/);
    expect((await readLimited("/proc/self/status", 1_000_000)).length).toBeGreaterThan(100);
  });
});
