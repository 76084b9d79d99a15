import type { Block, Diagnostic, Source } from "@flameline/syntax";
import { parse } from "@flameline/syntax";
import { blocksOf } from "./graph/classify.ts";

interface ParsedSource {
  /** Empty when there are errors. */
  readonly blocks: readonly Block[];
  readonly diagnostics: readonly Diagnostic[];
}

const parsed = new WeakMap<Source, ParsedSource>();

/** The blocks of a source; a source is parsed only once. */
function parseOnce(source: Source): ParsedSource {
  const known = parsed.get(source);
  if (known !== undefined) return known;
  const { file, diagnostics } = parse(source);
  const result = file === undefined ? { blocks: [], diagnostics } : blocksOf(file.body);
  parsed.set(source, result);
  return result;
}

/** The blocks of all sources in order, and what is wrong with any of them. */
export function parseSources(sources: readonly Source[]): ParsedSource {
  const all = sources.map(parseOnce);
  return { blocks: all.flatMap(({ blocks }) => blocks), diagnostics: all.flatMap(({ diagnostics }) => diagnostics) };
}
