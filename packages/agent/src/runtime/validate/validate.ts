import type { Block, Diagnostic, Source } from "@flameline/syntax";
import { errorAt } from "@flameline/syntax";
import { classifyBody, knownNames, templatesOf } from "../graph/build-graph.ts";
import { ComponentCatalog } from "../graph/catalog.ts";
import { blocksOf } from "../graph/classify.ts";
import { dependenciesOf } from "../graph/edges.ts";
import { findCycles } from "../graph/order.ts";
import type { Entry } from "../graph/populate.ts";
import { populate } from "../graph/populate.ts";
import type { KnownNames } from "../graph/references.ts";
import { noteTexts, resolveReferences } from "../graph/references.ts";
import { TemplateRegistry } from "../graph/templates.ts";
import type { ForeachVertex, Reference, Vertex } from "../graph/vertex.ts";
import { headerPlace, labelOf } from "../graph/vertex.ts";
import { checkWording } from "../graph/wording.ts";
import { checkBody } from "../../schema/index.ts";
import { literalValue } from "../../schema/literal.ts";
import { foreachBlock, splitForeach } from "../nodes/foreach-arguments.ts";
import type { GraphOptions } from "../options.ts";
import { parseSources } from "../parse-sources.ts";
import { checkExportNames } from "./check-export-names.ts";
import { checkSchema } from "./check-schema.ts";
import { type ImportPlace, readImport } from "./read-import.ts";
import { strictFindings } from "./strict.ts";

/**
 * Everything that can be said about a configuration without evaluating it. Other than a load it reports all problems at once: block for block, declares
 * first, then settings, components and services; cycles last. Warnings count as problems, too.
 */
export async function validate(
  sources: readonly Source[],
  options: GraphOptions,
  { strict = false, modulePath = "" }: ValidateOptions = {},
): Promise<readonly Diagnostic[]> {
  const { blocks, diagnostics } = parseSources(sources);
  if (diagnostics.length > 0) return diagnostics;
  const place = { options, modulePath, origins: [] };
  return (await checkBlocks(blocks, { ...place, catalog: new ComponentCatalog(options), outer: undefined, strict })).diagnostics;
}

export interface ValidateOptions {
  /** Also what is legal and most likely not meant, and what stands in imported files. */
  readonly strict?: boolean;
  /** The variable `module_path` of the top level. */
  readonly modulePath?: string;
}

interface CheckContext extends ImportPlace {
  readonly catalog: ComponentCatalog;
  /** The templates around a module's body; undefined at the top level. */
  readonly outer: TemplateRegistry | undefined;
  readonly strict: boolean;
  /** The body is what an import brings: it is there for others. */
  readonly library?: boolean;
  /** Inside the template of a `foreach`: the names that it sees of the bodies around it. */
  readonly outerNames?: ReadonlySet<string>;
}

interface CheckedBlocks {
  readonly templates: TemplateRegistry;
  readonly diagnostics: readonly Diagnostic[];
}

async function checkBlocks(blocks: readonly Block[], given: CheckContext): Promise<CheckedBlocks> {
  const { library = false, ...context } = given;
  const { options, catalog, outer, outerNames, modulePath } = context;
  const inModule = outer !== undefined;
  const place = !inModule ? "top level" : outerNames === undefined ? "module" : "foreach";
  const classes = classifyBody(blocks, options);
  const templates = templatesOf(classes, modulePath, outer);
  await catalog.load(classes.components);
  const population = populate(classes, { options, catalog, place, templates, wording: checkWording });
  const entries = [...population.declares, ...population.configs, ...population.components, ...population.services];
  const vertices = new Map(entries.flatMap(({ vertex }) => (vertex === undefined ? [] : [[vertex.id, vertex] as const])));

  const diagnostics: Diagnostic[] = context.strict ? [...(await checkImports(vertices.values(), templates, context))] : [];
  const references = new Map<string, readonly Reference[]>();
  const names = knownNames(options, inModule, outerNames);
  const visible = visibleNames(vertices, names);
  for (const entry of entries) {
    diagnostics.push(...entry.diagnostics, ...(await checkEntry(entry, templates, { ...context, outerNames: visible })));
    if (entry.vertex === undefined) continue;
    const resolved = checkReferences(entry.vertex, vertices, names);
    references.set(entry.vertex.id, resolved.found);
    diagnostics.push(...resolved.diagnostics, ...checkExportNames(resolved.found, templates));
  }
  diagnostics.push(...checkCycles(vertices, references));
  // What is wrong makes other things look unused.
  const sound = diagnostics.every(({ severity }) => severity !== "error");
  if (context.strict && sound) diagnostics.push(...strictFindings({ vertices, references, templates, library }));
  return { templates, diagnostics };
}

/** What is wrong inside of the imports that can be looked into. Their templates are known from now on. */
async function checkImports(
  vertices: Iterable<Vertex>,
  templates: TemplateRegistry,
  context: CheckContext,
): Promise<readonly Diagnostic[]> {
  const diagnostics: Diagnostic[] = [];
  for (const vertex of vertices) {
    if (vertex.kind !== "import") continue;
    const imported = await readImport(vertex, context);
    if (imported === undefined) continue;
    if (!("blocks" in imported)) {
      diagnostics.push(...imported);
      continue;
    }
    const { blocks, ...place } = imported;
    const nothing = new TemplateRegistry({ declares: [], imports: [], modulePath: place.modulePath });
    const { outerNames: _, ...rest } = context;
    const body = await checkBlocks(blocks, { ...rest, ...place, outer: nothing, library: true });
    templates.provide(labelOf(vertex.block), { templates: body.templates, revision: 0 });
    diagnostics.push(...body.diagnostics);
  }
  return diagnostics;
}

/** All names that the template of a `foreach` in this body sees. */
function visibleNames(vertices: ReadonlyMap<string, Vertex>, { variables }: KnownNames): ReadonlySet<string> {
  return new Set([...variables, ...[...vertices.keys()].map((id) => id.split(".", 1)[0] ?? "")]);
}

async function checkEntry(
  { vertex }: Entry,
  templates: TemplateRegistry,
  { outerNames = new Set(), ...context }: CheckContext,
): Promise<readonly Diagnostic[]> {
  if (vertex === undefined) return [];
  if (vertex.kind === "foreach") return checkForeach(vertex, templates, { ...context, outerNames });
  if (vertex.kind !== "declare") return checkSchema(vertex, templates);
  const { blocks, diagnostics } = blocksOf(vertex.block.body);
  return [...diagnostics, ...(await checkBlocks(blocks, { ...context, outer: templates })).diagnostics];
}

async function checkForeach(
  { block }: ForeachVertex,
  templates: TemplateRegistry,
  context: CheckContext & { readonly outerNames: ReadonlySet<string> },
): Promise<readonly Diagnostic[]> {
  const { settings, template } = splitForeach(block);
  const problems = checkBody(foreachBlock, settings);
  if (template === undefined) return [...problems, errorAt(block, 'missing required block "template"')];
  const { blocks, diagnostics } = blocksOf(template.body);
  const outerNames = new Set([...context.outerNames, ...variableName(settings)]);
  const inside = await checkBlocks(blocks, { ...context, outer: templates, outerNames });
  return [...problems, ...diagnostics, ...inside.diagnostics];
}

/** The name of the variable, when it is written as it is. */
function variableName({ body }: Block): readonly string[] {
  const statement = body.find((one) => one.kind === "attribute" && one.name.name === "var");
  if (statement?.kind !== "attribute" || statement.value.kind !== "literal") return [];
  const value = literalValue(statement.value);
  return typeof value === "string" ? [value] : [];
}

function checkReferences(
  vertex: Vertex,
  vertices: ReadonlyMap<string, Vertex>,
  names: KnownNames,
): { readonly found: readonly Reference[]; readonly diagnostics: readonly Diagnostic[] } {
  const { found, errors, notes } = resolveReferences(vertex, vertices, names, checkWording.unstableFunction);
  const warnings = notes.map(({ kind, place }): Diagnostic => ({
    severity: "warning",
    message: noteTexts[kind],
    source: place.source,
    range: place,
  }));
  return { found, diagnostics: [...errors, ...warnings].sort((a, b) => (a.range?.start ?? 0) - (b.range?.start ?? 0)) };
}

function checkCycles(vertices: ReadonlyMap<string, Vertex>, references: ReadonlyMap<string, readonly Reference[]>): readonly Diagnostic[] {
  const { cycles, selfReferences } = findCycles(vertices.keys(), dependenciesOf(vertices, references));
  const atHeader = (id: string, message: string): readonly Diagnostic[] => {
    const block = vertices.get(id)?.block;
    return block === undefined ? [] : [errorAt(headerPlace(block), message)];
  };
  return [
    ...cycles.flatMap((members) => {
      const sorted = members.toSorted();
      return sorted.flatMap((id) => atHeader(id, `cycle detected: ${sorted.join(", ")}`));
    }),
    ...selfReferences.flatMap((id) => atHeader(id, "cannot reference self")),
  ];
}
