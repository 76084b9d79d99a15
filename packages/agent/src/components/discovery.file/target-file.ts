import { extname } from "node:path";
import { textFromBytes } from "@flameline/syntax";
import { groupTargets, readJsonGroups, readYamlGroups } from "../../discovery/static-groups.ts";
import type { TargetGroup } from "../../discovery/target-group.ts";
import { readLimited } from "../../files/read-limited.ts";

/** Most bytes of a file. */
export const maxTargetFileBytes: number = 64 * 1024 * 1024;

const known = new Set([".json", ".yml", ".yaml"]);

/** Why a pattern cannot lead to files with targets; undefined when it can. What its end leaves open is judged file by file. */
export function patternProblem(pattern: string): string | undefined {
  const extension = extname(pattern).toLowerCase();
  const name = pattern.slice(pattern.lastIndexOf("/") + 1);
  const open = extension === "" ? /[*?[]/.test(name) : /[*?[]/.test(extension);
  return known.has(extension) || open
    ? undefined
    : `path name ${JSON.stringify(pattern)} is not valid for file discovery: use .json, .yml or .yaml`;
}

/** The groups of a file. Throws when it cannot be read, or is not what its extension says. */
export async function readTargetFile(path: string): Promise<readonly TargetGroup[]> {
  const extension = extname(path).toLowerCase();
  if (!known.has(extension)) throw new Error(`unknown file extension ${JSON.stringify(extension)}: use .json, .yml or .yaml`);
  const content = await readLimited(path, maxTargetFileBytes);
  const groups = extension === ".json" ? readJsonGroups(content) : readYamlGroups(textFromBytes(content));
  return groups.map((group, index) => ({
    // As many digits as the longest list needs: sources are sorted as texts.
    source: `${path}:${String(index).padStart(6, "0")}`,
    targets: groupTargets(group, ["__meta_filepath", path]),
  }));
}
