import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bytesFromText, textFromBytes } from "@flameline/syntax";

/** The last good configuration on disk, for starts while the server is away. Readable by nobody else: it may hold secrets. */
export class ConfigCache {
  readonly #folder: string;
  readonly #path: string;

  /** `key` tells configurations of different servers, ids and attributes apart. */
  constructor(storagePath: string, key: string) {
    this.#folder = join(storagePath, "remotecfg");
    this.#path = join(this.#folder, fnv1a(key));
  }

  /** Undefined when there is none. Rejects when there is one that cannot be read. */
  async read(): Promise<string | undefined> {
    try {
      return textFromBytes(await readFile(this.#path));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Replaces it as a whole. */
  async write(content: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const fresh = `${this.#path}.new`;
    await writeFile(fresh, bytesFromText(content), { mode: 0o600 });
    await rename(fresh, this.#path);
  }
}

/** The 32-bit hash of Fowler, Noll and Vo in hexadecimal digits. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of bytesFromText(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(16);
}
