import { QueueError } from "./queue.ts";

const fullCodes: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT"]);

/** The system's error as the queue's: what failed, where and what to do. */
export function queueErrorFrom(error: unknown, doing: string, path: string): QueueError {
  if (error instanceof QueueError) return error;
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const reason = error instanceof Error ? error.message : String(error);
  if (fullCodes.has(code)) {
    return new QueueError(
      "full",
      `no room to ${doing} ${path}: ${reason}. Free space on that file system or lower max_bytes of the queue`,
      {
        cause: error,
      },
    );
  }
  return new QueueError("io", `cannot ${doing} ${path}: ${reason}. ${remedies[code] ?? "Check the file system and the disk below it"}`, {
    cause: error,
  });
}

const remedies: Readonly<Record<string, string>> = {
  EROFS: "Mount the file system for writing or choose another storage path",
  EACCES: "Give this user the right to write there or choose another storage path",
  EPERM: "Give this user the right to write there or choose another storage path",
  ENOTDIR: "Choose a storage path that is a folder",
  EEXIST: "Choose a storage path that is a folder",
  EMFILE: "Raise the limit of open files",
  ENFILE: "Raise the limit of open files",
};
