import type { Block, Diagnostic } from "@flameline/syntax";
import { Source, errorAt, parse, summarize } from "@flameline/syntax";
import { blocksOf } from "../graph/classify.ts";
import { blockId, headerPlace } from "../graph/vertex.ts";

/** What stands in imported text. */
export interface ParsedImport {
  readonly declares: readonly Block[];
  readonly imports: readonly Block[];
}

/** Why imported text cannot be used. */
export interface ImportProblem {
  readonly file: string;
  readonly kind: "cannot be parsed" | "is invalid";
  readonly reason: string;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The declares and imports in the files of an import. `refused` are imports that must not be there; `name` is what the text is called in diagnostics, instead of
 * its file.
 */
export function parseImport(texts: ReadonlyMap<string, string>, refused: ReadonlySet<string>, name?: string): ParsedImport | ImportProblem {
  const declares: Block[] = [];
  const imports = new Map<string, Block>();
  for (const [file, text] of texts) {
    const { file: parsed, diagnostics } = parse(new Source(name ?? file, text));
    if (parsed === undefined) return { file, kind: "cannot be parsed", reason: summarize(diagnostics), diagnostics };
    const content = blocksOf(parsed.body);
    const misplaced =
      content.diagnostics[0] ?? content.blocks.map((block) => misplacedBlock(block, refused)).find((problem) => problem !== undefined);
    if (misplaced !== undefined) return invalid(file, misplaced);
    for (const block of content.blocks) {
      const id = blockId(block);
      if (block.name === "declare") declares.push(block);
      else if (imports.has(id)) return invalid(file, errorAt(headerPlace(block), `import block redefined ${id}`));
      else imports.set(id, block);
    }
  }
  return { declares, imports: [...imports.values()] };
}

function invalid(file: string, diagnostic: Diagnostic): ImportProblem {
  return { file, kind: "is invalid", reason: diagnostic.message, diagnostics: [diagnostic] };
}

function misplacedBlock(block: Block, refused: ReadonlySet<string>): Diagnostic | undefined {
  if (refused.has(block.name)) return errorAt(headerPlace(block), `${block.name} is not allowed here`);
  if (block.name === "declare" || block.name.startsWith("import.")) return undefined;
  return errorAt(headerPlace(block), `only declare and import blocks are allowed in a module, got ${block.name}`);
}
