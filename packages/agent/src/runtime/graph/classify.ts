import type { Block, Diagnostic, Statement } from "@flameline/syntax";
import { errorAt } from "@flameline/syntax";
import { blockId } from "./vertex.ts";

/** The blocks of one body by what they are, each class in source order. */
export interface BlockClasses {
  readonly services: readonly Block[];
  readonly declares: readonly Block[];
  /** `logging`, `argument`, `import.file` and the like. */
  readonly configs: readonly Block[];
  readonly components: readonly Block[];
}

const moduleBlocks: ReadonlySet<string> = new Set([
  "argument",
  "export",
  "foreach",
  "import.file",
  "import.string",
  "import.http",
  "import.git",
]);

/** Sorts the blocks of one body. `services` and `configBlocks` are the names of the program's own. */
export function classifyBlocks(blocks: readonly Block[], services: ReadonlySet<string>, configBlocks: ReadonlySet<string>): BlockClasses {
  const classes = { services: [] as Block[], declares: [] as Block[], configs: [] as Block[], components: [] as Block[] };
  for (const block of blocks) {
    if (block.name === "declare") classes.declares.push(block);
    else if (moduleBlocks.has(block.name) || configBlocks.has(block.name)) classes.configs.push(block);
    else if (services.has(blockId(block))) classes.services.push(block);
    else classes.components.push(block);
  }
  return classes;
}

/** The blocks of a body that must not have attributes: a file or the body of a `declare`. Reports the first attribute only. */
export function blocksOf(body: readonly Statement[]): { readonly blocks: readonly Block[]; readonly diagnostics: readonly Diagnostic[] } {
  const attribute = body.find((statement) => statement.kind === "attribute");
  return {
    blocks: body.filter((statement) => statement.kind === "block"),
    diagnostics:
      attribute === undefined
        ? []
        : [errorAt({ ...attribute.name, source: attribute.source }, `unrecognized attribute ${attribute.name.name}`)],
  };
}
