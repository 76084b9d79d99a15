import type { Block, Diagnostic, Located } from "@flameline/syntax";
import { quote } from "@flameline/syntax";
import type { GraphOptions } from "../options.ts";
import type { ComponentCatalog } from "./catalog.ts";
import type { BlockClasses } from "./classify.ts";
import { classifyBlocks } from "./classify.ts";
import { dependenciesOf, unknownServices } from "./edges.ts";
import { Graph } from "./graph.ts";
import { findCycles } from "./order.ts";
import type { BodyPlace } from "./populate.ts";
import { populate } from "./populate.ts";
import type { KnownNames, ReferenceNote } from "./references.ts";
import { resolveReferences } from "./references.ts";
import { TemplateRegistry } from "./templates.ts";
import type { Reference, Vertex } from "./vertex.ts";
import { labelOf } from "./vertex.ts";
import { loadWording } from "./wording.ts";

/** Names that every module has besides its vertices. */
const rootVariables: ReadonlySet<string> = new Set(["module_path"]);
const moduleVariables: ReadonlySet<string> = new Set(["module_path", "argument"]);

/** What a body is part of. */
export interface BodyContext {
  readonly options: GraphOptions;
  readonly catalog: ComponentCatalog;
  /** `module_path` of the top level. */
  readonly modulePath: string;
  /** Set for the body of a module: where its templates come from, and what arguments it was given, and where. */
  readonly module?: {
    readonly templates: TemplateRegistry;
    readonly givenArguments: ReadonlyMap<string, Located>;
    /** Of the template of a `foreach`: the names that it sees of the body around it. */
    readonly outerNames?: ReadonlySet<string> | undefined;
  };
}

export interface BuiltGraph {
  /** Empty when a diagnostic is an error. */
  readonly graph: Graph;
  readonly templates: TemplateRegistry;
  readonly diagnostics: readonly Diagnostic[];
  readonly notes: readonly ReferenceNote[];
}

/** Turns the blocks of one body into a graph, or into everything that is wrong with it as a whole. Evaluates nothing. */
export async function buildGraph(blocks: readonly Block[], context: BodyContext): Promise<BuiltGraph> {
  const classes = classifyBody(blocks, context.options);
  const templates = templatesOf(classes, context.modulePath, context.module?.templates);
  await context.catalog.load(classes.components);
  const inModule = context.module !== undefined;
  const place = bodyPlace(context.module);
  const population = populate(classes, { ...context, place, templates, wording: loadWording });
  const entries = [...population.services, ...population.declares, ...population.configs, ...population.components];
  const vertices = new Map(entries.flatMap(({ vertex }) => (vertex === undefined ? [] : [[vertex.id, vertex] as const])));

  const diagnostics = [
    ...entries.flatMap((entry) => entry.diagnostics),
    ...undefinedArguments(context, vertices),
    ...unknownServices(vertices),
  ];
  const references = new Map<string, readonly Reference[]>();
  const notes: ReferenceNote[] = [];
  const names = knownNames(context.options, inModule, context.module?.outerNames);
  for (const vertex of vertices.values()) {
    const resolved = resolveReferences(vertex, vertices, names, loadWording.unstableFunction);
    references.set(vertex.id, resolved.found);
    diagnostics.push(...resolved.errors);
    notes.push(...resolved.notes);
  }
  const dependencies = dependenciesOf(vertices, references);
  diagnostics.push(...describeCycles(vertices, dependencies));
  const graph = diagnostics.length > 0 ? Graph.empty : new Graph(vertices, references, dependencies);
  return { graph, templates, diagnostics, notes };
}

export function classifyBody(blocks: readonly Block[], { services, configBlocks }: GraphOptions): BlockClasses {
  return classifyBlocks(blocks, new Set(services.map(({ name }) => name)), new Set(configBlocks.map(({ name }) => name)));
}

export function templatesOf(
  { declares, configs }: BlockClasses,
  modulePath: string,
  parent: TemplateRegistry | undefined,
): TemplateRegistry {
  const imports = configs.filter(({ name }) => name.startsWith("import.")).map(labelOf);
  return new TemplateRegistry({ declares, imports, modulePath: parent?.modulePath ?? modulePath, parent });
}

export function knownNames(
  { standardLibrary, stability }: GraphOptions,
  inModule: boolean,
  outerNames: ReadonlySet<string> | undefined,
): KnownNames {
  const variables = inModule ? moduleVariables : rootVariables;
  return { standardLibrary, stability, variables: outerNames ?? variables };
}

function bodyPlace(module: BodyContext["module"]): BodyPlace {
  if (module === undefined) return "top level";
  return module.outerNames === undefined ? "module" : "foreach";
}

function undefinedArguments({ module }: BodyContext, vertices: ReadonlyMap<string, Vertex>): readonly Diagnostic[] {
  return [...(module?.givenArguments ?? [])]
    .filter(([name]) => !vertices.has(`argument.${name}`))
    .map(([name, place]) => ({
      severity: "error",
      message: `Provided argument ${quote(name)} is not defined in the module`,
      source: place.source,
      range: place,
    }));
}

function describeCycles(
  vertices: ReadonlyMap<string, Vertex>,
  dependencies: ReadonlyMap<string, ReadonlySet<string>>,
): readonly Diagnostic[] {
  const { cycles, selfReferences } = findCycles(vertices.keys(), dependencies);
  return [
    ...cycles.map((members): Diagnostic => ({ severity: "error", message: `cycle: ${members.join(", ")}` })),
    ...selfReferences.map((id): Diagnostic => ({ severity: "error", message: `self reference: ${id}` })),
  ];
}
