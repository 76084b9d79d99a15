import type { Block, Identifier, Located, Source } from "@flameline/syntax";
import type { Component } from "../../component/index.ts";
import type { ConfigBlock, GraphOptions } from "../options.ts";

/** One thing that a configuration names, before anything is made of it. */
export type Vertex =
  | ComponentVertex
  | CustomVertex
  | ForeachVertex
  | DeclareVertex
  | ImportVertex
  | ConfigVertex
  | ArgumentVertex
  | ExportVertex
  | ServiceVertex;

/** A block of a component that is part of the program. */
export interface ComponentVertex {
  readonly kind: "component";
  readonly id: string;
  readonly block: Block;
  readonly component: Component;
}

/** A use of a `declare`, of this body or of one around it, or of an import. */
export interface CustomVertex {
  readonly kind: "custom";
  readonly id: string;
  readonly block: Block;
  /** Label of the import that brings the template, empty for one declared here. */
  readonly namespace: string;
  readonly template: string;
}

/** A template that is run once for every item of a list. */
export interface ForeachVertex {
  readonly kind: "foreach";
  readonly id: string;
  readonly block: Block;
}

/** A block that brings declares from elsewhere. */
export interface ImportVertex {
  readonly kind: "import";
  readonly id: string;
  readonly block: Block;
  readonly source: GraphOptions["imports"][number];
}

export interface DeclareVertex {
  readonly kind: "declare";
  readonly id: string;
  readonly block: Block;
}

/** `logging`, `tracing`: there even when the configuration has no such block. */
export interface ConfigVertex {
  readonly kind: "config";
  readonly id: string;
  readonly block: Block | undefined;
  readonly definition: ConfigBlock["definition"];
}

export interface ArgumentVertex {
  readonly kind: "argument";
  readonly id: string;
  readonly block: Block;
}

export interface ExportVertex {
  readonly kind: "export";
  readonly id: string;
  readonly block: Block;
}

/** There even when the configuration has no block for the service. */
export interface ServiceVertex {
  readonly kind: "service";
  readonly id: string;
  readonly block: Block | undefined;
  readonly service: GraphOptions["services"][number];
}

/** One mention of another vertex in an expression. */
export interface Reference {
  readonly source: Source;
  readonly target: Vertex;
  /** What follows the target's id: `receiver` in `pyroscope.write.w.receiver`. */
  readonly path: readonly Identifier[];
}

/** Name and label joined by dots. */
export function blockId(block: Block): string {
  return block.label === undefined ? block.name : `${block.name}.${block.label.name}`;
}

export function labelOf(block: Block): string {
  return block.label?.name ?? "";
}

/** Where the name of a block stands. */
export function namePlace({ source, nameRange }: Block): Located {
  return { source, ...nameRange };
}

/** A block from its name to its `{`. */
export function headerPlace({ source, nameRange, open }: Block): Located {
  return { source, start: nameRange.start, end: open + 1 };
}
