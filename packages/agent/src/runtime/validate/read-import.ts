import type { Block, Diagnostic } from "@flameline/syntax";
import { errorAt } from "@flameline/syntax";
import type { Value } from "../../schema/index.ts";
import { Scope, decodeBody } from "../../schema/index.ts";
import type { ImportVertex } from "../graph/vertex.ts";
import { headerPlace } from "../graph/vertex.ts";
import { deepestImport } from "../nodes/import-node.ts";
import { parseImport } from "../nodes/imported-content.ts";
import type { GraphOptions, ImportReader } from "../options.ts";
import { warning } from "./finding.ts";

/** Where an import stands that is looked into. */
export interface ImportPlace {
  readonly options: GraphOptions;
  readonly modulePath: string;
  /** Where the imports around it get their content from. */
  readonly origins: readonly string[];
}

/** What an import brings: blocks that are a body of their own. */
export interface ImportedBody {
  readonly blocks: readonly Block[];
  readonly modulePath: string;
  readonly origins: readonly string[];
}

/**
 * Looks into an import of this machine whose arguments can be known without running anything. Undefined when it is none of those; the diagnostics say why it
 * cannot be used.
 */
export async function readImport(
  { block, source }: ImportVertex,
  { options, modulePath, origins }: ImportPlace,
): Promise<ImportedBody | readonly Diagnostic[] | undefined> {
  const { local } = source;
  if (local === undefined) return undefined;
  let reader: ImportReader;
  try {
    const variables = new Map<string, Value>([["module_path", modulePath]]);
    reader = local(decodeBody(source.definition, block.body, new Scope(variables, new Scope(options.standardLibrary))), modulePath);
  } catch {
    // It depends on something that runs, or is wrong and reported elsewhere.
    return undefined;
  }
  const { origin = "" } = reader;
  if (origin !== "" && origins.includes(origin)) {
    return [errorAt(headerPlace(block), `import cycle: ${[...origins.slice(origins.indexOf(origin)), origin].join(" -> ")}`)];
  }
  if (origins.length >= deepestImport) return [errorAt(headerPlace(block), `imports are nested deeper than ${deepestImport}`)];
  try {
    const imported = await reader.read();
    const parsed = parseImport(imported.texts, reader.refuses ?? new Set());
    if ("kind" in parsed) return parsed.diagnostics;
    return { blocks: [...parsed.imports, ...parsed.declares], modulePath: imported.modulePath, origins: [...origins, origin] };
  } catch (error) {
    return [warning(headerPlace(block), error instanceof Error ? error.message : String(error))];
  }
}
