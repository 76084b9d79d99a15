import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * A text that changes when the file at the path, after all links, is another one or was written; of a directory, when a file directly in it did. What is
 * missing or unreadable has a fingerprint, too. Never rejects.
 */
export async function fingerprint(path: string): Promise<string> {
  try {
    const info = await stat(path, { bigint: true });
    if (!info.isDirectory()) return describe(info);
    const names = (await readdir(path)).sort();
    const entries = await Promise.all(names.map(async (name) => `${name} ${await shallow(join(path, name))}`));
    return [`directory ${info.dev} ${info.ino}`, ...entries].join("\n");
  } catch (error) {
    return missing(error);
  }
}

async function shallow(path: string): Promise<string> {
  try {
    const info = await stat(path, { bigint: true });
    return info.isDirectory() ? "directory" : describe(info);
  } catch (error) {
    return missing(error);
  }
}

function describe({ dev, ino, size, mtimeNs, ctimeNs }: Record<"dev" | "ino" | "size" | "mtimeNs" | "ctimeNs", bigint>): string {
  return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}

function missing(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
