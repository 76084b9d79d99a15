import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { getSystemErrorMessage } from "node:util";
import type { Diagnostic } from "@flameline/syntax";
import { Source, checkEncoding } from "@flameline/syntax";
import { parseSources } from "./parse-sources.ts";

const extension = ".alloy";

/** The configuration cannot be read at all. */
export class ConfigPathError extends Error {
  override readonly name = "ConfigPathError";
  readonly path: string;
  /** Without the path: `stat x: no such file or directory`. */
  readonly reason: string;

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`reading config path ${JSON.stringify(path)}: ${reason}`, options);
    this.path = path;
    this.reason = reason;
  }
}

export interface ConfigSources {
  readonly sources: readonly Source[];
  /** Syntax errors of all of them. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The configuration at a path: one file, or the files directly inside a directory whose names end in `.alloy`, sorted by name. Subdirectories are left out,
 * links to files are followed. An empty directory is an empty configuration.
 *
 * @throws {@link ConfigPathError} when something cannot be read or is not UTF-8.
 */
export async function readSources(path: string): Promise<ConfigSources> {
  const info = await io(path, "stat", path, () => stat(path));
  const files = info.isDirectory() ? await filesIn(path) : [path];
  const sources: Source[] = [];
  for (const file of files) {
    const bytes = await io(path, "open", file, () => readFile(file));
    const problem = checkEncoding(bytes);
    if (problem !== undefined) throw new ConfigPathError(path, problem);
    sources.push(Source.fromBytes(file, bytes));
  }
  return { sources, diagnostics: parseSources(sources).diagnostics };
}

async function filesIn(directory: string): Promise<readonly string[]> {
  const entries = await io(directory, "open", directory, () => readdir(directory));
  const files: string[] = [];
  for (const entry of entries.filter((name) => name.endsWith(extension)).sort()) {
    const file = join(directory, entry);
    const info = await io(directory, "stat", file, () => stat(file));
    if (!info.isDirectory()) files.push(file);
  }
  return files;
}

/** Does something with a file; failures are worded as `<operation> <file>: <reason>`. */
async function io<T>(path: string, operation: string, file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new ConfigPathError(path, `${operation} ${file}: ${systemReason(error)}`, { cause: error });
  }
}

function systemReason(error: unknown): string {
  const errno = error instanceof Error && "errno" in error ? error.errno : undefined;
  if (typeof errno === "number") return getSystemErrorMessage(errno);
  return error instanceof Error ? error.message : String(error);
}
