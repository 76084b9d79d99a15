import { basename, dirname } from "node:path";
import type { FileSystem, OpenFile } from "../file-system.ts";

const sectorBytes = 512;

type Change = { readonly at: number; readonly bytes: Uint8Array } | { readonly size: number };

/** A file: what is on the disk for sure, and what was done to it since. */
class Inode {
  durable: Buffer;
  changes: Change[] = [];
  /** Some change was lost by a sync that failed. */
  #hasLost = false;
  current: Buffer;

  constructor(contents: Buffer) {
    this.durable = contents;
    this.current = contents;
  }

  get isDurable(): boolean {
    return this.changes.length === 0 && !this.#hasLost;
  }

  change(change: Change): void {
    this.changes.push(change);
    this.current = applied(this.current, change);
  }

  sync(): void {
    for (const change of this.changes) this.durable = applied(this.durable, change);
    this.changes = [];
  }

  /** The system takes everything for written from then on, whatever became of it. */
  failSync(random: () => number): void {
    this.durable = this.crashed(random);
    this.changes = [];
    this.#hasLost = true;
  }

  /** The contents after a crash: each change since the last sync is there, in part, or not. */
  crashed(random: () => number): Buffer {
    let contents = this.durable;
    for (const change of this.changes) {
      const fate = random();
      if (fate < 0.3) continue;
      contents = "size" in change || fate < 0.6 ? applied(contents, change) : tornInto(contents, change, random);
    }
    return contents;
  }
}

function applied(contents: Buffer, change: Change): Buffer {
  if ("size" in change) {
    const result = Buffer.alloc(change.size);
    contents.copy(result);
    return result;
  }
  const result = Buffer.alloc(Math.max(contents.length, change.at + change.bytes.length));
  contents.copy(result);
  result.set(change.bytes, change.at);
  return result;
}

/** A part of the sectors of a write; where the file grew and nothing arrived there are zeros. */
function tornInto(contents: Buffer, { at, bytes }: Exclude<Change, { readonly size: number }>, random: () => number): Buffer {
  const grown = Math.max(contents.length, at + Math.floor(random() * (bytes.length + 1)));
  const result = Buffer.alloc(grown);
  contents.copy(result);
  for (let offset = at; offset < Math.min(grown, at + bytes.length);) {
    const next = Math.min((Math.floor(offset / sectorBytes) + 1) * sectorBytes, at + bytes.length, grown);
    if (random() < 0.6) result.set(bytes.subarray(offset - at, next - at), offset);
    offset = next;
  }
  return result;
}

type Names = ReadonlyMap<string, Inode>;
type NameChange =
  | { readonly kind: "create"; readonly path: string; readonly inode: Inode }
  | { readonly kind: "remove"; readonly path: string }
  | { readonly kind: "rename"; readonly from: string; readonly to: string };

function renamed(names: Names, change: NameChange): Names {
  const result = new Map(names);
  if (change.kind === "create") result.set(change.path, change.inode);
  else if (change.kind === "remove") result.delete(change.path);
  else {
    const inode = names.get(change.from);
    if (inode !== undefined) result.set(change.to, inode);
    result.delete(change.from);
  }
  return result;
}

/** What happens to a call. */
export type Fate = "ok" | { readonly fail: "ENOSPC" | "EIO" | "EROFS" };

/**
 * A file system in memory that knows what a crash of the machine may leave of it: every write since the last sync is there, torn by sectors, or
 * missing, in any combination; so is every creation, removal and renaming since the folder was synced.
 */
export class CrashFileSystem implements FileSystem {
  /** Decides on every call. */
  fate: (call: string, path: string) => Fate = () => "ok";
  calls = 0;
  #durable: Names;
  #current: Names;
  #changes: NameChange[] = [];

  constructor(files: ReadonlyMap<string, Buffer> = new Map()) {
    this.#durable = new Map([...files].map(([path, contents]) => [path, new Inode(contents)]));
    this.#current = this.#durable;
  }

  /** What is on the disk after the machine stopped now. */
  crash(random: () => number): CrashFileSystem {
    let names = this.#durable;
    for (const change of this.#changes) if (random() < 0.5) names = renamed(names, change);
    return new CrashFileSystem(new Map([...names].map(([path, inode]) => [path, inode.crashed(random)])));
  }

  /** What is there after the process was killed now: the system keeps all that it was told. */
  kill(): CrashFileSystem {
    return new CrashFileSystem(new Map([...this.#current].map(([path, inode]) => [path, inode.current])));
  }

  /** Whether a crash now would lose nothing of the files whose name `matches`, nor any change of names. */
  isDurable(matches: RegExp): boolean {
    return this.#changes.length === 0 && [...this.#current].every(([path, inode]) => !matches.test(path) || inode.isDurable);
  }

  /** The contents of all files. */
  contents(): Map<string, Buffer> {
    return new Map([...this.#current].map(([path, inode]) => [path, inode.current]));
  }

  async makeFolder(path: string): Promise<void> {
    await this.#call("makeFolder", path);
  }

  async list(folder: string): Promise<readonly string[]> {
    await this.#call("list", folder);
    return [...this.#current.keys()].filter((path) => dirname(path) === folder).map((path) => basename(path));
  }

  async open(path: string, mode: "create" | "read" | "write"): Promise<OpenFile> {
    await this.#call("open", path);
    const known = this.#current.get(path);
    if (mode === "create" && known !== undefined) throw systemError("EEXIST", path);
    if (mode !== "create" && known === undefined) throw systemError("ENOENT", path);
    const inode = known ?? new Inode(Buffer.alloc(0));
    if (known === undefined) this.#rename({ kind: "create", path, inode });
    return this.#file(path, inode);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#call("rename", from);
    this.#rename({ kind: "rename", from, to });
  }

  async remove(path: string): Promise<void> {
    await this.#call("remove", path);
    if (this.#current.has(path)) this.#rename({ kind: "remove", path });
  }

  async syncFolder(path: string): Promise<void> {
    await this.#call("syncFolder", path);
    this.#durable = this.#current;
    this.#changes = [];
  }

  #file(path: string, inode: Inode): OpenFile {
    return {
      size: async () => {
        await this.#call("size", path);
        return inode.current.length;
      },
      read: async (into, position) => {
        await this.#call("read", path);
        const part = inode.current.subarray(position, position + into.length);
        into.set(part);
        return part.length;
      },
      write: async (parts, position) => {
        const bytes = Buffer.concat(parts);
        try {
          await this.#call("write", path);
        } catch (error) {
          // What fitted is there.
          inode.change({ at: position, bytes: bytes.subarray(0, bytes.length >> 1) });
          throw error;
        }
        inode.change({ at: position, bytes });
      },
      sync: async () => {
        try {
          await this.#call("sync", path);
        } catch (error) {
          inode.failSync(seededRandom(this.calls));
          throw error;
        }
        inode.sync();
      },
      truncate: async (size) => {
        await this.#call("truncate", path);
        inode.change({ size });
      },
      close: () => this.#call("close", path),
    };
  }

  #rename(change: NameChange): void {
    this.#changes.push(change);
    this.#current = renamed(this.#current, change);
  }

  async #call(call: string, path: string): Promise<void> {
    this.calls += 1;
    const fate = this.fate(call, path);
    if (fate !== "ok") throw systemError(fate.fail, path);
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}

/** Numbers from 0 to 1 that are the same for the same seed. */
export function seededRandom(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
