import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { FileSystem, OpenFile } from "./file-system.ts";
import { QueueError } from "./queue.ts";
import { queueErrorFrom } from "./queue-errors.ts";
import { lockFile } from "./record-format.ts";

/** The lock file has this size, so that a beat overwrites it in one piece. */
const lockBytes = 512;

/** How long a lock whose owner cannot be looked up must stand still before it counts as left behind. Its owner writes every second. */
const standstillMs = 3500;

/** After taking over a lock: whoever did the same at the same time has done so by then. */
const contestMs = 150;

/** The locks of this process. */
const heldHere = new Set<string>();

/** Which process. `boot`, `namespace` and `started` are empty where the system has no /proc. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Of the machine's present run. */
  readonly boot: string;
  /** In which the pid counts: a container has its own. */
  readonly namespace: string;
  /** When the process started, in ticks since boot: another process that gets the same pid started at another time. */
  readonly started: string;
}

interface LockText extends ProcessIdentity {
  readonly id: string;
  readonly beat: number;
}

/**
 * Keeps a second process out of a folder. The lock is a file that names its owner and is written again every second. One that a killed process left behind is
 * taken over: at once when the owner can be looked up (the same machine and pid namespace) or the machine was started anew, and after
 * it stood still for 3.5 s otherwise (another container or another machine that shares the folder).
 */
export class FolderLock {
  readonly #file: OpenFile;
  readonly #path: string;
  readonly #files: FileSystem;
  readonly #text: LockText;
  #beat = 0;
  #beating: Promise<void> | undefined;
  #lostTo: number | undefined;

  private constructor(files: FileSystem, path: string, file: OpenFile, text: LockText) {
    this.#files = files;
    this.#path = path;
    this.#file = file;
    this.#text = text;
  }

  /** Rejects with a {@link QueueError} when another process has the folder. */
  static async acquire(files: FileSystem, folder: string, owner: ProcessIdentity = thisProcess()): Promise<FolderLock> {
    const path = join(folder, lockFile);
    const text: LockText = { ...owner, id: randomUUID(), beat: 0 };
    try {
      const isNew = await createLock(files, path, text);
      if (!isNew) await takeOver(files, path, text);
      const lock = new FolderLock(files, path, await files.open(path, "write"), text);
      heldHere.add(text.id);
      return lock;
    } catch (error) {
      throw queueErrorFrom(error, "lock", folder);
    }
  }

  /** Another process took it over: it saw no beat for so long that it took this one for dead, which a stopped process in another container may look like. */
  get isLost(): boolean {
    return this.#lostTo !== undefined;
  }

  /** Shows that the owner lives, and looks whether it still is the owner. */
  beat(): void {
    if (this.#beating !== undefined || this.#lostTo !== undefined) return;
    this.#beat += 1;
    this.#beating = this.#write()
      // On a full or failing disk the lock is as good as it gets.
      .catch(() => undefined)
      .finally(() => {
        this.#beating = undefined;
      });
  }

  async #write(): Promise<void> {
    await this.#file.write([encodeLock({ ...this.#text, beat: this.#beat })], 0);
    const present = await readLock(this.#files, this.#path);
    if (present !== undefined && present.id !== this.#text.id) this.#lostTo = present.pid;
  }

  async release(): Promise<void> {
    // Its file must not be closed below it: the system may give the descriptor to another file.
    await this.#beating;
    heldHere.delete(this.#text.id);
    await this.#file.close().catch(() => undefined);
    const present = await readLock(this.#files, this.#path).catch(() => undefined);
    if (present?.id === this.#text.id) await this.#files.remove(this.#path).catch(() => undefined);
  }
}

export function thisProcess(): ProcessIdentity {
  return {
    pid: process.pid,
    boot: readOr(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()),
    namespace: readOr(() => readlinkSync("/proc/self/ns/pid")),
    started: startOf("self"),
  };
}

/** Empty for a process that has ended, also when nobody has asked for its exit code yet. */
function startOf(pid: number | "self"): string {
  return readOr(() => {
    // The second field is the program's name in parentheses, which may contain anything.
    const [state, ...others] = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return state === "Z" || state === "X" ? "" : (others[18] ?? "");
  });
}

function readOr(body: () => string): string {
  try {
    return body();
  } catch {
    return "";
  }
}

async function createLock(files: FileSystem, path: string, text: LockText): Promise<boolean> {
  let file: OpenFile;
  try {
    file = await files.open(path, "create");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
  try {
    await file.write([encodeLock(text)], 0);
  } finally {
    await file.close();
  }
  return true;
}

async function takeOver(files: FileSystem, path: string, text: LockText): Promise<void> {
  const present = await readLock(files, path);
  if (await isHeld(files, path, present, text)) {
    const holder = present === undefined ? "another process" : `process ${present.pid}`;
    throw new QueueError("io", `${path} is in use by ${holder}: stop it, or give each program a storage path of its own`);
  }
  const temporary = `${path}.${text.id}`;
  await createLock(files, temporary, text);
  await files.rename(temporary, path);
  await sleep(contestMs);
  const winner = await readLock(files, path);
  if (winner?.id !== text.id) throw new QueueError("io", `${path} was taken by process ${winner?.pid} at the same time`);
}

async function isHeld(files: FileSystem, path: string, present: LockText | undefined, self: ProcessIdentity): Promise<boolean> {
  if (present !== undefined && present.boot !== "" && present.boot === self.boot && present.namespace === self.namespace) {
    if (present.pid !== self.pid) return startOf(present.pid) === present.started;
    if (present.started !== self.started) return false;
    if (heldHere.has(present.id)) return true;
  }
  await sleep(standstillMs);
  const later = await readLock(files, path);
  return later !== undefined && (later.id !== present?.id || later.beat !== present.beat);
}

async function readLock(files: FileSystem, path: string): Promise<LockText | undefined> {
  let file: OpenFile;
  try {
    file = await files.open(path, "read");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const bytes = Buffer.alloc(lockBytes);
    const count = await file.read(bytes, 0);
    return decodeLock(bytes.toString("utf8", 0, count));
  } finally {
    await file.close();
  }
}

function encodeLock(text: LockText): Buffer {
  return Buffer.from(`${JSON.stringify(text).padEnd(lockBytes - 1)}\n`);
}

/** Undefined for what is no lock text, such as one torn by a crash of the machine. */
function decodeLock(text: string): LockText | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "id" in value && "pid" in value && "beat" in value
      ? (value as LockText)
      : undefined;
  } catch {
    return undefined;
  }
}
