import type { FileSystem, OpenFile } from "./file-system.ts";

/** How many files a queue keeps open besides the one it appends to. */
const openFilesLimit = 16;

interface Entry {
  readonly file: Promise<OpenFile>;
  users: number;
  /** Closes when the last user is done. */
  dropped: boolean;
}

/** Files that are opened when they are needed and stay open for a while. */
export class OpenFiles {
  readonly #files: FileSystem;
  /** The least recently used first. */
  readonly #entries = new Map<string, Entry>();

  constructor(files: FileSystem) {
    this.#files = files;
  }

  /** Takes over a file that is open already. */
  adopt(path: string, file: OpenFile): void {
    this.forget(path);
    this.#entries.set(path, { file: Promise.resolve(file), users: 0, dropped: false });
    this.#shrink();
  }

  /** Runs `body` with the file, opened for reading and writing. */
  async use<T>(path: string, body: (file: OpenFile) => Promise<T>): Promise<T> {
    const entry = this.#entries.get(path) ?? { file: this.#files.open(path, "write"), users: 0, dropped: false };
    this.#entries.delete(path);
    this.#entries.set(path, entry);
    entry.users += 1;
    try {
      return await body(await entry.file);
    } catch (error) {
      // It may be the opening that failed, or a disk that is gone: the next user begins anew.
      if (this.#entries.get(path) === entry) this.#drop(path, entry);
      throw error;
    } finally {
      entry.users -= 1;
      if (entry.dropped) closeUnused(entry);
      else this.#shrink();
    }
  }

  /** Closes a file, after its present users. */
  forget(path: string): void {
    const entry = this.#entries.get(path);
    if (entry !== undefined) this.#drop(path, entry);
  }

  async close(): Promise<void> {
    const open = [...this.#entries.values()];
    for (const path of this.#entries.keys()) this.forget(path);
    await Promise.allSettled(open.map(({ file }) => file));
  }

  #shrink(): void {
    for (const [path, entry] of this.#entries) {
      if (this.#entries.size <= openFilesLimit) return;
      if (entry.users === 0) this.#drop(path, entry);
    }
  }

  #drop(path: string, entry: Entry): void {
    this.#entries.delete(path);
    entry.dropped = true;
    closeUnused(entry);
  }
}

function closeUnused(entry: Entry): void {
  if (entry.users > 0) return;
  // Nothing was written through it that was not synced, or what was written may be lost: a failing close changes nothing.
  entry.file.then((file) => file.close()).catch(() => undefined);
}
