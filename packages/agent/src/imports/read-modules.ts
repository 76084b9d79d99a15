import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { textFromBytes } from "@flameline/syntax";
import { readLimited } from "../files/read-limited.ts";
import { systemMessage } from "../http/errno.ts";

/** What one import may bring, in bytes. */
export const importByteLimit = 16 * 1024 * 1024;

const extension = ".alloy";

/** The texts at a path by file: of one file, or of the files directly inside a directory whose names end in `.alloy`. */
export async function readModules(path: string): Promise<ReadonlyMap<string, string>> {
  const isDirectory = await io("stat", path, async () => (await stat(path)).isDirectory());
  const files = isDirectory ? await modulesIn(path) : [path];
  const texts = new Map<string, string>();
  let left = importByteLimit;
  for (const file of files) {
    const bytes = await io("open", file, () => readLimited(file, left));
    left -= bytes.length;
    texts.set(file, textFromBytes(bytes));
  }
  return texts;
}

async function modulesIn(directory: string): Promise<readonly string[]> {
  const names = await io("open", directory, () => readdir(directory));
  const files: string[] = [];
  for (const name of names.filter((one) => one.endsWith(extension)).sort()) {
    const file = join(directory, name);
    if (!(await io("stat", file, async () => (await stat(file)).isDirectory()))) files.push(file);
  }
  return files;
}

async function io<T>(operation: string, file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new Error(`${operation} ${file}: ${systemMessage(error)}`, { cause: error });
  }
}
