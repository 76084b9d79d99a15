import type { Block, Diagnostic } from "@flameline/syntax";
import { Source, parse, summarize } from "@flameline/syntax";
import { blocksOf } from "../graph/classify.ts";
import { blockId } from "../graph/vertex.ts";

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
}

/** The declares and imports in the files of an import. `label` names the text in diagnostics; `refused` are imports that must not be there. */
export function parseImport(label: string, texts: ReadonlyMap<string, string>, refused: ReadonlySet<string>): ParsedImport | ImportProblem {
  const declares: Block[] = [];
  const imports = new Map<string, Block>();
  for (const [file, text] of texts) {
    const { file: parsed, diagnostics } = parse(new Source(label, text));
    if (parsed === undefined) return { file, kind: "cannot be parsed", reason: summarize(diagnostics) };
    const content = blocksOf(parsed.body);
    const misplaced =
      content.diagnostics[0] ?? content.blocks.map((block) => misplacedBlock(block, refused)).find((problem) => problem !== undefined);
    if (misplaced !== undefined) return { file, kind: "is invalid", reason: misplaced.message };
    for (const block of content.blocks) {
      const id = blockId(block);
      if (block.name === "declare") declares.push(block);
      else if (imports.has(id)) return { file, kind: "is invalid", reason: `import block redefined ${id}` };
      else imports.set(id, block);
    }
  }
  return { declares, imports: [...imports.values()] };
}

function misplacedBlock(block: Block, refused: ReadonlySet<string>): Pick<Diagnostic, "message"> | undefined {
  if (refused.has(block.name)) return { message: `${block.name} is not allowed here` };
  if (block.name === "declare" || block.name.startsWith("import.")) return undefined;
  return { message: `only declare and import blocks are allowed in a module, got ${block.name}` };
}
