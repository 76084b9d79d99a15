import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FileSystem, OpenFile } from "./file-system.ts";
import { nodeFileSystem } from "./file-system.ts";
import { FolderLock, thisProcess } from "./folder-lock.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "flameline-queue-lock-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** In one piece, as the owner's beats are: a file that is being written would count as torn. */
async function writeLock(text: object): Promise<void> {
  await writeFile(join(folder, "new"), JSON.stringify({ id: "other", beat: 7, ...thisProcess(), ...text }));
  await rename(join(folder, "new"), join(folder, "lock"));
}

async function acquired(): Promise<number> {
  const from = performance.now();
  const lock = await FolderLock.acquire(nodeFileSystem, folder);
  await lock.release();
  expect(await readdir(folder)).toEqual([]);
  return performance.now() - from;
}

const inUse = { name: "QueueError", code: "io", message: expect.stringContaining("in use") as string };

describe("the lock of a folder", () => {
  it("is held once, and free again after its release", async () => {
    const lock = await FolderLock.acquire(nodeFileSystem, folder);
    await expect(FolderLock.acquire(nodeFileSystem, folder)).rejects.toMatchObject(inUse);
    await lock.release();
    expect(await acquired()).toBeLessThan(1000);
  });

  it("is taken over at once from a process that is gone, also when its pid is used again", async () => {
    const gone = spawn("true");
    await once(gone, "close");
    await writeLock({ pid: gone.pid, started: "1" });
    expect(await acquired()).toBeLessThan(2000);
    await writeLock({ pid: process.ppid, started: "1" });
    expect(await acquired()).toBeLessThan(2000);
    await writeLock({ started: "1" });
    expect(await acquired()).toBeLessThan(2000);
  });

  it("is taken over at once from a process that has ended and was not asked for its exit code yet", async () => {
    const program = join(import.meta.dirname, "testing", "append-until-killed.ts");
    // What takes the place of the shell knows nothing of the child.
    const careless = spawn("sh", ["-c", '"$0" "$1" "$2" & exec sleep 60', process.execPath, program, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await once(careless.stdout, "data");
      const { pid } = JSON.parse(await readFile(join(folder, "lock"), "utf8")) as { readonly pid: number };
      process.kill(pid, "SIGKILL");
      await expect.poll(() => readFileSync(`/proc/${pid}/stat`, "utf8")).toMatch(/\) Z /);
      const from = performance.now();
      const lock = await FolderLock.acquire(nodeFileSystem, folder);
      expect(performance.now() - from).toBeLessThan(2000);
      await lock.release();
    } finally {
      careless.kill("SIGKILL");
    }
  });

  it("is respected while another process lives, even a stopped one", async () => {
    const program = join(import.meta.dirname, "testing", "append-until-killed.ts");
    const child = spawn(process.execPath, [program, folder], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await once(child.stdout, "data");
      child.kill("SIGSTOP");
      await expect(FolderLock.acquire(nodeFileSystem, folder)).rejects.toMatchObject(inUse);
    } finally {
      child.kill("SIGKILL");
      await once(child, "close");
    }
    const lock = await FolderLock.acquire(nodeFileSystem, folder);
    await lock.release();
  });

  it("of another container is taken over when it stands still, and respected while it is written", { timeout: 20_000 }, async () => {
    await writeLock({ namespace: "pid:[1]", pid: 1 });
    expect(await acquired()).toBeGreaterThan(3000);
    let beat = 8;
    const beats = setInterval(() => void writeLock({ namespace: "pid:[1]", pid: 1, beat: beat++ }), 500);
    try {
      await writeLock({ namespace: "pid:[1]", pid: 1 });
      await expect(FolderLock.acquire(nodeFileSystem, folder)).rejects.toMatchObject(inUse);
    } finally {
      clearInterval(beats);
    }
  });

  it("goes to one of several that take it over at the same time", async () => {
    await writeLock({ started: "1" });
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => FolderLock.acquire(nodeFileSystem, folder)));
    const locks = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    expect(locks).toHaveLength(1);
    await locks[0]?.release();
  });

  it("is known to be lost when another process took it over meanwhile", async () => {
    const lock = await FolderLock.acquire(nodeFileSystem, folder);
    lock.beat();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(lock.isLost).toBe(false);
    await rm(join(folder, "lock"));
    await writeLock({ pid: 4711 });
    lock.beat();
    await expect.poll(() => lock.isLost).toBe(true);
    await lock.release();
    expect(await readdir(folder)).toEqual(["lock"]);
  });

  it("that a crash of the machine tore is taken over", async () => {
    await writeFile(join(folder, "lock"), Buffer.alloc(512));
    expect(await acquired()).toBeGreaterThan(3000);
  });

  it("closes its file only when a beat that is under way has ended: its number may be another file's then", async () => {
    const order: string[] = [];
    const files: FileSystem = {
      ...nodeFileSystem,
      async open(path, mode) {
        const file = await nodeFileSystem.open(path, mode);
        if (mode !== "write") return file;
        return {
          ...wrap(file),
          async write(parts, position) {
            await new Promise((resolve) => setTimeout(resolve, 50));
            await file.write(parts, position);
            order.push("written");
          },
          async close() {
            order.push("closed");
            await file.close();
          },
        };
      },
    };
    const lock = await FolderLock.acquire(files, folder);
    lock.beat();
    await lock.release();
    expect(order).toEqual(["written", "closed"]);
    expect(await readdir(folder)).toEqual([]);
  });
});

function wrap(file: OpenFile): OpenFile {
  return {
    size: () => file.size(),
    read: (into, position) => file.read(into, position),
    write: (parts, position) => file.write(parts, position),
    sync: () => file.sync(),
    truncate: (size) => file.truncate(size),
    close: () => file.close(),
  };
}
