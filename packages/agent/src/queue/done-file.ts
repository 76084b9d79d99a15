import type { FileSystem } from "./file-system.ts";
import type { DoneEntries } from "./record-format.ts";
import { doneMagic, fileHeaderBytes, formatVersion, readDoneEntries, readFileHeader } from "./record-format.ts";

export interface DoneFile extends DoneEntries {
  readonly mark: number;
  readonly size: number;
}

/** A companion is 8 bytes a record; more than this is no companion of ours. */
const maxDoneBytes = 256 * 1024 * 1024;

/** Reads a companion; undefined when it is not there or its header is damaged. Then nothing in its segment counts as done. */
export async function readDoneFile(files: FileSystem, path: string): Promise<DoneFile | undefined> {
  try {
    const file = await files.open(path, "read");
    try {
      const size = await file.size();
      const bytes = Buffer.alloc(Math.min(size, maxDoneBytes));
      const contents = bytes.subarray(0, await file.read(bytes, 0));
      const header = readFileHeader(doneMagic, contents);
      if (header === undefined || header.version !== formatVersion) return undefined;
      return { mark: header.mark, size, ...readDoneEntries(header.mark, contents.subarray(fileHeaderBytes)) };
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

/** Why a companion says nothing, in words; undefined when it is one that a crash left empty, before it could say anything for sure. */
export async function companionProblem(files: FileSystem, path: string): Promise<string | undefined> {
  try {
    const file = await files.open(path, "read");
    try {
      const header = Buffer.alloc(fileHeaderBytes);
      await file.read(header, 0);
      return header.every((byte) => byte === 0) ? undefined : "its header is damaged";
    } finally {
      await file.close();
    }
  } catch {
    return "it is missing";
  }
}
