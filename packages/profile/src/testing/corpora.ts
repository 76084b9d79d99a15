import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { isGzip } from "../pprof/gzip.ts";

const folder = process.env["FLAMELINE_FIXTURES"] ?? join(import.meta.dirname, "../../../../../shared/fixtures");

/** Whether the recorded profiles are there. */
export const hasCorpora: boolean = existsSync(folder);

export interface CorpusProfile {
  readonly name: string;
  /** Not compressed. */
  readonly bytes: Uint8Array;
}

/** Profiles of many programs and profilers. */
export function corpusProfiles(): readonly CorpusProfile[] {
  return ["pprof", "pprof-corpus"].flatMap((part) =>
    readdirSync(join(folder, part))
      .filter((name) => !/\.(json|txt|out)$/.test(name))
      .map((name) => ({ name, bytes: unpacked(readFileSync(join(folder, part, name))) })),
  );
}

function unpacked(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(isGzip(bytes) ? gunzipSync(bytes) : bytes);
}
