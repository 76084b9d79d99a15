import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { expandBraces, type GlobDialect, type GlobSegment, parseSegments } from "./glob-pattern.ts";

/** A pattern that looks at more files and directories than this is given up. */
export const maxGlobEntries = 1_000_000;

export { type GlobDialect, GlobPatternError } from "./glob-pattern.ts";

/**
 * The paths that a pattern matches, sorted. Links to directories are followed, hidden files are files like any other. What is missing matches nothing.
 * Throws a `GlobPatternError` for what is no pattern, the system's error for a directory that cannot be read, and an error for more than
 * {@link maxGlobEntries}.
 */
export async function glob(pattern: string, dialect: GlobDialect): Promise<readonly string[]> {
  const search = new Search();
  for (const alternative of dialect === "extended" ? expandBraces(pattern) : [pattern]) {
    await search.walk("", parseSegments(alternative, dialect));
  }
  return [...search.found].sort();
}

/** The directory that a pattern begins with: everything it can match is in there. */
export function globBase(pattern: string, dialect: GlobDialect): string {
  const special = dialect === "extended" ? /[*?[\\{]/ : /[*?[\\]/;
  const slash = pattern.lastIndexOf("/", pattern.search(special) < 0 ? pattern.length : pattern.search(special));
  return slash < 0 ? "." : pattern.slice(0, slash) || "/";
}

/** Tells whether a pattern matches a path, without looking at any file. Throws a `GlobPatternError` for what is no pattern. */
export function globMatcher(pattern: string, dialect: GlobDialect): (path: string) => boolean {
  const alternatives = (dialect === "extended" ? expandBraces(pattern) : [pattern]).map((one) => parseSegments(one, dialect));
  return (path) => {
    const names = path.split("/");
    return alternatives.some((segments) => matchSegments(segments, names));
  };
}

/** Each set of places in the path that the segments so far can have led to: time grows with the lengths multiplied. */
function matchSegments(segments: readonly GlobSegment[], names: readonly string[]): boolean {
  let places = new Set([0]);
  for (const segment of segments) {
    const next = new Set<number>();
    if (segment === "any depth") for (let at = Math.min(...places); at <= names.length; at += 1) next.add(at);
    else for (const at of places) if (at < names.length && matchesName(segment, names[at] ?? "")) next.add(at + 1);
    if (next.size === 0) return false;
    places = next;
  }
  return places.has(names.length);
}

function matchesName(segment: Exclude<GlobSegment, "any depth">, name: string): boolean {
  return "text" in segment ? segment.text === name : segment.matches(name);
}

class Search {
  readonly found = new Set<string>();
  #entries = 0;

  /** `base` is empty, or ends with a slash. */
  async walk(base: string, segments: readonly GlobSegment[]): Promise<void> {
    const [segment, ...rest] = segments;
    if (segment === undefined) return;
    if (segment === "any depth") return this.#anyDepth(base, rest);
    if ("text" in segment) {
      const path = base + segment.text;
      if (rest.length > 0) await this.walk(`${path}/`, rest);
      else if (await exists(path)) this.found.add(path);
      return;
    }
    for (const entry of await this.#read(base)) {
      if (!segment.matches(entry.name)) continue;
      const path = base + entry.name;
      if (rest.length === 0) this.found.add(path);
      else if (await isDirectory(path, entry)) await this.walk(`${path}/`, rest);
    }
  }

  /** `rest` here and in all directories below; everything below when nothing follows. */
  async #anyDepth(base: string, rest: readonly GlobSegment[], above: ReadonlySet<string> = new Set()): Promise<void> {
    if (rest.length > 0) await this.walk(base, rest);
    // A link that leads up again would never end.
    const place = await realpath(base === "" ? "." : base).catch(() => undefined);
    if (place === undefined || above.has(place)) return;
    for (const entry of await this.#read(base)) {
      const path = base + entry.name;
      if (rest.length === 0) this.found.add(path);
      if (await isDirectory(path, entry)) await this.#anyDepth(`${path}/`, rest, new Set([...above, place]));
    }
  }

  async #read(base: string): Promise<readonly Dirent[]> {
    try {
      const entries = await readdir(base === "" ? "." : base, { withFileTypes: true });
      this.#entries += entries.length;
      if (this.#entries > maxGlobEntries) throw new Error(`the pattern looks at more than ${maxGlobEntries} files`);
      return entries;
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path === "" ? "/" : path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function isDirectory(path: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
