import { join } from "node:path";
import type { FileSystem, OpenFile } from "./file-system.ts";
import { quarantineFolder } from "./record-format.ts";

/** What the quarantine folder may hold; the oldest go first. A part that alone is longer is cut. */
const quarantineLimitBytes = 16 * 1024 * 1024;
const chunkBytes = 1024 * 1024;

/** Copies a part of a segment aside, as it is, and gives the name of the copy; undefined when that fails (it is a convenience, nothing depends on it). */
export async function quarantine(
  files: FileSystem,
  folder: string,
  segment: { readonly number: number; readonly file: OpenFile },
  part: { readonly offset: number; readonly bytes: number },
): Promise<string | undefined> {
  const name = `${String(segment.number).padStart(10, "0")}-${part.offset}.bad`;
  const target = join(folder, quarantineFolder);
  const bytes = Math.min(part.bytes, quarantineLimitBytes);
  try {
    await files.makeFolder(target);
    await makeRoom(files, target, bytes);
    await files.remove(join(target, name));
    const copy = await files.open(join(target, name), "create");
    try {
      await copyPart(segment.file, copy, part.offset, bytes);
    } finally {
      await copy.close();
    }
    return join(quarantineFolder, name);
  } catch {
    return undefined;
  }
}

async function copyPart(from: OpenFile, to: OpenFile, offset: number, bytes: number): Promise<void> {
  for (let done = 0; done < bytes;) {
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, bytes - done));
    const count = await from.read(chunk, offset + done);
    if (count === 0) return;
    await to.write([chunk.subarray(0, count)], done);
    done += count;
  }
}

async function makeRoom(files: FileSystem, folder: string, bytes: number): Promise<void> {
  // Segment numbers grow, so names in order are ages in order.
  const names = (await files.list(folder)).filter((name) => name.endsWith(".bad")).sort();
  const sizes = await Promise.all(names.map((name) => sizeOf(files, join(folder, name))));
  let total = sizes.reduce((sum, size) => sum + size, 0);
  for (const [index, name] of names.entries()) {
    if (total + bytes <= quarantineLimitBytes) return;
    await files.remove(join(folder, name));
    total -= sizes[index] ?? 0;
  }
}

async function sizeOf(files: FileSystem, path: string): Promise<number> {
  const file = await files.open(path, "read");
  try {
    return await file.size();
  } finally {
    await file.close();
  }
}
