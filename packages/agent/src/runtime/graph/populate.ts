import type { Block, Diagnostic } from "@flameline/syntax";
import { errorAt, quote } from "@flameline/syntax";
import type { GraphOptions } from "../options.ts";
import type { ComponentCatalog } from "./catalog.ts";
import type { BlockClasses } from "./classify.ts";
import { stabilityProblem } from "./stability.ts";
import type { TemplateRegistry } from "./templates.ts";
import { splitTemplateName } from "./templates.ts";
import type { Vertex } from "./vertex.ts";
import { blockId, headerPlace, labelOf } from "./vertex.ts";
import type { Wording } from "./wording.ts";
import { alreadyDeclared, missingLabel } from "./wording.ts";

/** What became of one block: a vertex, or reasons why not. */
export interface Entry {
  /** Absent for settings and services that have no block. */
  readonly block: Block | undefined;
  readonly vertex: Vertex | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export interface Population {
  readonly services: readonly Entry[];
  readonly declares: readonly Entry[];
  readonly configs: readonly Entry[];
  readonly components: readonly Entry[];
}

/** Where a body stands: what may be in it depends on that. */
export type BodyPlace = "top level" | "module" | "foreach";

export interface PopulateOptions {
  readonly options: GraphOptions;
  /** Must have loaded the components of the body. */
  readonly catalog: ComponentCatalog;
  readonly place: BodyPlace;
  readonly templates: TemplateRegistry;
  readonly wording: Wording;
}

/** Makes the vertices of one body, and says what is wrong with the blocks that cannot be one. */
export function populate(classes: BlockClasses, options: PopulateOptions): Population {
  const populator = new Populator(options);
  return {
    services: populator.services(classes.services),
    declares: classes.declares.map((block) => populator.declare(block)),
    configs: populator.configs(classes.configs),
    components: classes.components.map((block) => populator.component(block)),
  };
}

class Populator {
  readonly #options: PopulateOptions;
  readonly #known = new Map<string, Block>();

  constructor(options: PopulateOptions) {
    this.#options = options;
  }

  services(blocks: readonly Block[]): readonly Entry[] {
    const { options, place, wording } = this.#options;
    if (place !== "top level") {
      return blocks.map((block) => refused(block, errorAt(block, `service blocks not allowed inside a module: ${quote(blockId(block))}`)));
    }
    const byName = Map.groupBy(blocks, blockId);
    return [
      ...options.services.map((service) => accepted({ kind: "service", id: service.name, block: byName.get(service.name)?.[0], service })),
      ...[...byName.values()].flatMap(([first, ...others]) =>
        first === undefined ? [] : others.map((block) => refused(block, wording.duplicateService(block, first))),
      ),
    ];
  }

  declare(block: Block): Entry {
    const unlabelled = missingLabel(block);
    if (unlabelled !== undefined) return refused(block, unlabelled);
    if (labelOf(block) === "declare") return refused(block, errorAt(block, "'declare' is not a valid label for a declare block"));
    return this.#claim(block) ?? accepted({ kind: "declare", id: blockId(block), block });
  }

  configs(blocks: readonly Block[]): readonly Entry[] {
    const { options, place } = this.#options;
    const entries = blocks.map((block) => this.#claim(block) ?? this.#config(block));
    if (place !== "top level") return entries;
    const absent = options.configBlocks.filter(({ name }) => !this.#known.has(name));
    return [...entries, ...absent.map(({ name, definition }) => accepted({ kind: "config", id: name, block: undefined, definition }))];
  }

  component(block: Block): Entry {
    const duplicate = this.#claim(block);
    if (duplicate !== undefined) return duplicate;
    const { catalog, templates } = this.#options;
    const id = blockId(block);
    const custom = splitTemplateName(block.name);
    if (custom !== undefined && templates.knows(custom.namespace, custom.template)) {
      return accepted({ kind: "custom", id, block, ...custom });
    }
    const found = catalog.find(block, templates.names());
    return "problem" in found ? refused(block, found.problem) : accepted({ kind: "component", id, block, component: found.component });
  }

  #config(block: Block): Entry {
    const { options, place, wording } = this.#options;
    const { name } = block;
    if (name === "argument" || name === "export") {
      if (place === "top level") return refused(block, errorAt(block, `${name} blocks only allowed inside a module`));
      return refused(block, wording.missingLabel(block)) ?? accepted({ kind: name, id: blockId(block), block });
    }
    if (name === "foreach") return this.#foreach(block);
    if (name.startsWith("import.")) return this.#import(block);
    if (place !== "top level") return refused(block, wording.notInModule(block, place));
    if (block.label !== undefined) {
      return refused(block, errorAt(headerPlace(block), `block ${quote(name)} does not support specifying labels`));
    }
    const definition = options.configBlocks.find((candidate) => candidate.name === name)?.definition;
    if (definition === undefined) throw new Error(`no config block ${name}`);
    return accepted({ kind: "config", id: name, block, definition });
  }

  #import(block: Block): Entry {
    const kind = this.#options.options.imports.find(({ name }) => name === block.name);
    if (kind === undefined) return refused(block, errorAt(headerPlace(block), `${block.name} blocks are not supported here`));
    const unlabelled = missingLabel(block);
    return refused(block, unlabelled) ?? accepted({ kind: "import", id: blockId(block), block, source: kind });
  }

  #foreach(block: Block): Entry {
    const { options, wording } = this.#options;
    const gate = stabilityProblem(wording.unstableBlock("foreach"), "experimental", options.stability);
    const problem = missingLabel(block) ?? (gate === undefined ? undefined : errorAt(block, gate));
    return refused(block, problem) ?? accepted({ kind: "foreach", id: blockId(block), block });
  }

  /** Takes the id of a block; an entry is returned when another block has it already. */
  #claim(block: Block): Entry | undefined {
    const id = blockId(block);
    const first = this.#known.get(id);
    if (first !== undefined) return refused(block, alreadyDeclared(block, first));
    this.#known.set(id, block);
    return undefined;
  }
}

function accepted(vertex: Vertex): Entry {
  return { block: vertex.block, vertex, diagnostics: [] };
}

function refused(block: Block, problem: Diagnostic): Entry;
function refused(block: Block, problem: Diagnostic | undefined): Entry | undefined;
function refused(block: Block, problem: Diagnostic | undefined): Entry | undefined {
  return problem && { block, vertex: undefined, diagnostics: [problem] };
}
