import type { FileHandle } from "node:fs/promises";
import { close, fdatasync, fsync, ftruncate, open as openCallback, read, write, writev } from "node:fs";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** What the queue needs of a file system. Everything rejects with the system's error (`code` is `ENOSPC`, `EIO` …). */
export interface FileSystem {
  /** Makes a folder and those above it, durably. */
  makeFolder(path: string): Promise<void>;
  /** The names in a folder. */
  list(folder: string): Promise<readonly string[]>;
  /** `create` makes a file that does not exist yet, for reading and writing; `write` opens one that does. */
  open(path: string, mode: "create" | "read" | "write"): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  /** A file that is not there is fine. */
  remove(path: string): Promise<void>;
  /** Makes creations, removals and renamings in a folder survive a crash of the machine. */
  syncFolder(path: string): Promise<void>;
}

export interface OpenFile {
  size(): Promise<number>;
  /** Fills `into` with what stands at `position` and gives the number of bytes: less than its length only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Writes the parts one after the other, whole. When that fails, some of it may be in the file. */
  write(parts: readonly Uint8Array[], position: number): Promise<void>;
  /** Makes the contents survive a crash of the machine. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/** The operating system's. Files go through the callbacks of node:fs, which cost half of what its promises do. */
export const nodeFileSystem: FileSystem = {
  async makeFolder(path) {
    const first = await mkdir(path, { recursive: true });
    if (first === undefined) return;
    for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
  },
  list: (folder) => readdir(folder),
  async open(path, mode) {
    return new NodeFile(await openDescriptor(path, flagsOf[mode]));
  },
  rename,
  remove: (path) => rm(path, { force: true }),
  syncFolder,
};

const flagsOf = { create: "wx+", read: "r", write: "r+" } as const;

function openDescriptor(path: string, flags: string): Promise<number> {
  return new Promise((resolve, reject) => {
    openCallback(path, flags, 0o640, (error, descriptor) => {
      if (error === null) resolve(descriptor);
      else reject(error);
    });
  });
}

async function syncFolder(path: string): Promise<void> {
  const handle: FileHandle = await open(path, "r");
  try {
    await new Promise<void>((resolve, reject) => {
      fsync(handle.fd, settle(resolve, reject));
    });
  } finally {
    await handle.close();
  }
}

function settle(resolve: () => void, reject: (error: Error) => void): (error: Error | null | undefined) => void {
  return (error) => {
    if (error) reject(error);
    else resolve();
  };
}

class NodeFile implements OpenFile {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  async size(): Promise<number> {
    const { fstat } = await import("node:fs");
    return new Promise((resolve, reject) => {
      fstat(this.#descriptor, (error, { size }) => {
        if (error) reject(error);
        else resolve(size);
      });
    });
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const more = (done: number): void => {
        read(this.#descriptor, into, done, into.length - done, position + done, (error, count) => {
          if (error) reject(error);
          else if (count === 0 || done + count === into.length) resolve(done + count);
          else more(done + count);
        });
      };
      more(0);
    });
  }

  write(parts: readonly Uint8Array[], position: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const more = (rest: readonly Uint8Array[], at: number): void => {
        const written = (error: Error | null | undefined, count: number): void => {
          if (error) return reject(error);
          const left = skipBytes(rest, count);
          if (left.length === 0) resolve();
          else more(left, at + count);
        };
        const [only] = rest;
        if (rest.length === 1 && only !== undefined) write(this.#descriptor, only, 0, only.length, at, written);
        else writev(this.#descriptor, rest, at, written);
      };
      more(parts, position);
    });
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      fdatasync(this.#descriptor, settle(resolve, reject));
    });
  }

  truncate(size: number): Promise<void> {
    return new Promise((resolve, reject) => {
      ftruncate(this.#descriptor, size, settle(resolve, reject));
    });
  }

  close(): Promise<void> {
    return new Promise((resolve, reject) => {
      close(this.#descriptor, settle(resolve, reject));
    });
  }
}

/** What is left of the parts after their first `count` bytes. */
function skipBytes(parts: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  let left = count;
  for (const [index, part] of parts.entries()) {
    if (left < part.length) return [part.subarray(left), ...parts.slice(index + 1)];
    left -= part.length;
  }
  return [];
}
