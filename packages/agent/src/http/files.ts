import { readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { textFromBytes } from "@flameline/syntax";
import { systemMessage } from "./errno.ts";

/** The text of a small file, without the white space around it. The error says which file and why, as Go's `os` does. */
export async function readTrimmed(path: string): Promise<string> {
  try {
    return textFromBytes(await readFile(path)).trim();
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** As {@link readTrimmed}, for the moment when a component is built. */
export function readTrimmedSync(path: string): string {
  try {
    return textFromBytes(readFileSync(path)).trim();
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): Error {
  return new Error(`unable to read file ${path}: open ${path}: ${systemMessage(cause)}`, { cause });
}

/** Tells whether files may have changed since it was asked last: by time, size and inode, looked at no more often than once in `intervalMs`. */
export class FileWatch {
  readonly #paths: readonly string[];
  readonly #intervalMs: number;
  #seen: string;
  #lookedAt: number;

  constructor(paths: readonly string[], intervalMs = 1000) {
    this.#paths = paths;
    this.#intervalMs = intervalMs;
    this.#seen = this.#look();
    this.#lookedAt = performance.now();
  }

  changed(): boolean {
    if (this.#paths.length === 0) return false;
    const now = performance.now();
    if (now - this.#lookedAt < this.#intervalMs) return false;
    this.#lookedAt = now;
    const seen = this.#look();
    if (seen === this.#seen) return false;
    this.#seen = seen;
    return true;
  }

  #look(): string {
    return this.#paths.map(fingerprint).join("\n");
  }
}

function fingerprint(path: string): string {
  try {
    const { mtimeNs, ctimeNs, size, ino } = statSync(path, { bigint: true });
    return `${mtimeNs} ${ctimeNs} ${size} ${ino}`;
  } catch (error) {
    return systemMessage(error);
  }
}
