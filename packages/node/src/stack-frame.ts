import type { Runtime } from "node:inspector";
import { fileURLToPath } from "node:url";
import type { ProfileFrame } from "@flameline/profile";

/** V8 names its own activities in parentheses; they have no file. */
const anonymous = "(anonymous)";

/** A frame as V8 reports it: a clean function name, the file as a path, 1-based lines. */
export function frameOf({ functionName, url, lineNumber }: Runtime.CallFrame): ProfileFrame {
  const line = lineNumber + 1;
  return { function: functionName === "" ? anonymous : functionName, file: pathOf(url), functionLine: line, line };
}

/** A frame that stands for something V8 does not see, e.g. `(external memory)`. */
export function syntheticFrame(name: string): ProfileFrame {
  return { function: name, file: "", functionLine: 0, line: 0 };
}

function pathOf(url: string): string {
  if (!url.startsWith("file://")) return url;
  try {
    return fileURLToPath(url);
  } catch {
    // A file URL of another host, as bundlers sometimes make.
    return url;
  }
}
