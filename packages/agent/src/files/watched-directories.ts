import { lstat, readlink, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** Longer chains of links are not followed; the kernel gives up at 40. */
const longestLinkChain = 40;

/**
 * Directories, after all links, in which something happens when another file appears at `path`: where it stands, where its links lead, itself when it is a
 * directory. Of a directory that does not exist the nearest one above it. Never rejects.
 */
export async function watchedDirectories(path: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  let at = resolve(path);
  for (let links = 0; links < longestLinkChain; links += 1) {
    found.add(await nearest(dirname(at)));
    const target = await linkTarget(at);
    if (target === undefined) break;
    at = target;
  }
  if (await isDirectory(at)) found.add(await nearest(at));
  return found;
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? resolve(dirname(path), await readlink(path)) : undefined;
  } catch {
    return undefined;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

async function nearest(directory: string): Promise<string> {
  for (let at = directory; ; at = dirname(at)) {
    try {
      return await realpath(at);
    } catch (error) {
      if (dirname(at) === at) throw error;
    }
  }
}
