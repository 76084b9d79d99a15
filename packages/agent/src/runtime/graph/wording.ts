import type { Block, Diagnostic, Located } from "@flameline/syntax";
import { errorAt, quote } from "@flameline/syntax";
import type { Chain } from "./chain.ts";
import { chainPlace } from "./chain.ts";
import { blockId, labelOf, namePlace } from "./vertex.ts";

/** The same problems are worded and placed differently by the reference's `run` and `validate`. */
export interface Wording {
  /** `logging` or `tracing` inside a module or the template of a `foreach`. */
  readonly notInModule: (block: Block, place: string) => Diagnostic;
  readonly duplicateService: (block: Block, first: Block) => Diagnostic;
  /** A module's `argument` or `export` without label; `run` lets it pass and complains about the missing argument. */
  readonly missingLabel: (block: Block) => Diagnostic | undefined;
  /** Begins the sentence about a config block below the allowed stability level. */
  readonly unstableBlock: (name: string) => string;
  /** Where to point for a function below the allowed stability level. */
  readonly unstableFunction: (chain: Chain) => Located;
}

export const loadWording: Wording = {
  notInModule: (block) => errorAt(block, `${block.name} block not allowed inside a module`),
  duplicateService: (block) => errorAt(block, `duplicate definition of ${quote(blockId(block))}`),
  missingLabel: () => undefined,
  unstableBlock: (name) => `config block ${quote(name)}`,
  // The reference marks from the first name to the first letter of the last one.
  unstableFunction: ({ source, first, identifiers }) => ({ source, start: first.start, end: (identifiers.at(-1) ?? first).start + 1 }),
};

export const checkWording: Wording = {
  notInModule: (block, place) => errorAt(namePlace(block), `${block.name} not allowed in ${place}`),
  duplicateService: alreadyDeclared,
  missingLabel,
  unstableBlock: (name) => `${name} block ${quote(name)}`,
  unstableFunction: chainPlace,
};

/** Marks as much text after the start of the block as its id has letters. */
export function alreadyDeclared(block: Block, first: Block): Diagnostic {
  const id = blockId(block);
  const { start } = block.nameRange;
  const place = { source: block.source, start, end: Math.min(start + id.length, block.source.text.length) };
  return errorAt(place, `block ${id} already declared at ${first.source.describe(first.start)}`);
}

export function missingLabel(block: Block): Diagnostic | undefined {
  return labelOf(block) === "" ? errorAt(namePlace(block), `${block.name} block must have a label`) : undefined;
}
