import { stat } from "node:fs/promises";
import { dirname } from "node:path";

/** The variable `module_path` of a configuration: its directory, as the path was given. */
export async function modulePathOf(path: string): Promise<string> {
  try {
    return (await stat(path)).isDirectory() ? path : dirname(path);
  } catch {
    return "";
  }
}
