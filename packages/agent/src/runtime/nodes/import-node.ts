import { join } from "node:path";
import type { Health, Logger } from "../../component/index.ts";
import { Scope, decodeBody, equalArguments } from "../../schema/index.ts";
import type { Value } from "../../schema/index.ts";
import type { ImportedTemplates } from "../graph/templates.ts";
import { TemplateRegistry } from "../graph/templates.ts";
import type { ImportVertex, Vertex } from "../graph/vertex.ts";
import { labelOf } from "../graph/vertex.ts";
import type { ImportKind, ImportReader, ImportedContent, RuntimeOptions } from "../options.ts";
import { aborted } from "./aborted.ts";
import { globalId, pathLabels } from "./controller-path.ts";
import { parseImport } from "./imported-content.ts";
import type { CheckOutcome, LiveNode, RunnableNode } from "./node.ts";
import { NodeError, attempt, errorText } from "./node-error.ts";
import { NodeHealth } from "./node-health.ts";
import { predecessorGone } from "./predecessor.ts";

/** An import inside an import inside an import: more than this is a mistake. */
export const deepestImport = 20;

/** What an import needs from where it stands. */
export interface ImportSurroundings {
  readonly runtime: Pick<RuntimeOptions, "imports" | "log" | "storagePath" | "standardLibrary" | "componentServices">;
  /** `module_path` there. */
  readonly modulePath: () => string;
  /** Where the imports around it get their content from. */
  readonly origins: readonly string[];
  /** Resolves when an earlier import of the same id has stopped; undefined when there is none. */
  readonly predecessor: Promise<void> | undefined;
  /** Called when other templates are to be had. */
  readonly exportsChanged: (node: LiveNode) => void;
}

/** The content of an import with what it imports itself. */
interface Content {
  readonly texts: ImportedContent["texts"];
  readonly templates: TemplateRegistry;
  readonly nested: readonly ImportNode[];
}

/** Arguments with the content that they lead to. */
interface Reading {
  readonly args: unknown;
  readonly reader: ImportReader;
  content: Content;
  revision: number;
}

/** An `import.*` block: offers the declares of a text that stands elsewhere, and notices when that changes. */
export class ImportNode implements RunnableNode, ImportedTemplates {
  readonly id: string;
  readonly globalId: string;
  readonly exports: undefined;
  readonly health: NodeHealth = new NodeHealth("import created");
  #vertex: ImportVertex;
  #former: { readonly vertex: ImportVertex; readonly evaluation: Health } | undefined;
  #reading: Reading | undefined;
  /** Of a configuration on trial. */
  #tried: Reading | undefined;
  #state: "new" | "running" | "exited" = "new";
  #watch: { readonly reader: ImportReader; readonly abort: AbortController; readonly done: Promise<void> } | undefined;
  readonly #nestedRuns = new Map<ImportNode, { readonly abort: AbortController; readonly done: Promise<void> }>();
  readonly #surroundings: ImportSurroundings;
  readonly #kind: ImportKind;
  readonly #log: Logger;

  constructor(vertex: ImportVertex, id: string, surroundings: ImportSurroundings) {
    const kind = surroundings.runtime.imports.find(({ name }) => name === vertex.block.name);
    if (kind === undefined) throw new Error(`the graph knows ${vertex.block.name}, the program does not`);
    this.id = vertex.id;
    this.globalId = id;
    this.#vertex = vertex;
    this.#kind = kind;
    this.#surroundings = surroundings;
    this.#log = surroundings.runtime.log.with(pathLabels("config", id));
  }

  get vertex(): ImportVertex {
    return this.#vertex;
  }

  get templates(): TemplateRegistry | undefined {
    return (this.#tried ?? this.#reading)?.content.templates;
  }

  get revision(): number {
    return (this.#tried ?? this.#reading)?.revision ?? 0;
  }

  get runnable(): boolean {
    return this.#reading !== undefined && this.#state === "new";
  }

  assign(vertex: Vertex): void {
    if (vertex.kind !== "import") return;
    this.#former = { vertex: this.#vertex, evaluation: this.health.evaluation };
    this.#vertex = vertex;
  }

  async check(scope: Scope): Promise<CheckOutcome> {
    const args = this.#decode(scope);
    if (!this.#isGiven(args)) this.#tried = await this.#read(args);
    return "ready";
  }

  async evaluate(scope: Scope): Promise<void> {
    const args = this.#decode(scope);
    if (this.#isGiven(args)) return;
    const reading = await this.#read(args);
    if (this.#former !== undefined) this.#tried = reading;
    else {
      this.#use(reading);
      this.#surroundings.exportsChanged(this);
    }
  }

  settle(): void {
    this.#former = undefined;
    const tried = this.#tried;
    this.#tried = undefined;
    if (tried !== undefined) this.#use(tried);
    if (this.#state === "exited") this.#state = "new";
  }

  async revert(): Promise<void> {
    const former = this.#former;
    if (former === undefined) return;
    this.#former = undefined;
    this.#vertex = former.vertex;
    this.#tried = undefined;
    this.health.restore(former.evaluation);
  }

  refused(reason: string): void {
    this.health.refused(`source evaluation failed: ${reason}`);
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#state = "running";
    this.health.ran("healthy", "started import");
    this.#followReading();
    await aborted(signal);
    this.#state = "exited";
    await this.#stopWatching();
    await Promise.all([...this.#nestedRuns.keys()].map((node) => this.#stopNested(node)));
    this.health.ran("exited", "import shut down cleanly");
  }

  async dispose(): Promise<void> {
    this.#state = "exited";
  }

  #decode(scope: Scope): unknown {
    return attempt("decoding configuration", () => decodeBody(this.#kind.definition, this.#vertex.block.body, scope));
  }

  #isGiven(args: unknown): boolean {
    return this.#reading !== undefined && equalArguments(this.#kind.definition, args, this.#reading.args);
  }

  async #read(args: unknown): Promise<Reading> {
    const { runtime, modulePath, origins, predecessor } = this.#surroundings;
    await predecessorGone(predecessor);
    const reader = await this.#kind.open(args, {
      id: this.globalId,
      dataPath: join(runtime.storagePath, this.globalId),
      log: this.#log,
      modulePath: modulePath(),
      services: runtime.componentServices,
    });
    if (reader.origin !== undefined && origins.includes(reader.origin)) {
      throw new NodeError(`import cycle: ${[...origins.slice(origins.indexOf(reader.origin)), reader.origin].join(" -> ")}`);
    }
    if (origins.length >= deepestImport) throw new NodeError(`imports are nested deeper than ${deepestImport}`);
    try {
      const imported = await reader.read();
      const content = (await this.#contentOf(imported, reader)) ?? this.#reading?.content ?? emptyContent(imported.modulePath);
      return { args, reader, content, revision: this.revision + 1 };
    } catch (error) {
      const failure = error instanceof NodeError ? error : new NodeError(errorText(error), [], error);
      this.health.evaluated("unhealthy", `source evaluation failed: ${failure.message}`);
      throw failure;
    }
  }

  /** Undefined when the text cannot be used, which is said in the log and in the health. */
  async #contentOf({ texts, modulePath }: ImportedContent, reader: ImportReader): Promise<Content | undefined> {
    const label = labelOf(this.#vertex.block);
    const parsed = parseImport(texts, reader.refuses ?? new Set(), label);
    if ("kind" in parsed) {
      const { file, kind, reason } = parsed;
      this.#log.error(kind === "is invalid" ? "failed to use imported content" : "failed to parse file on update", { file, err: reason });
      this.health.evaluated("unhealthy", `imported content from ${JSON.stringify(file)} ${kind}: ${reason}`);
      return undefined;
    }
    const nested = parsed.imports.flatMap((block) => this.#nestedNode(block, modulePath, reader));
    const imports = nested.map(({ vertex }) => labelOf(vertex.block));
    const templates = new TemplateRegistry({ declares: parsed.declares, imports, modulePath });
    for (const node of nested) templates.provide(labelOf(node.vertex.block), node);
    this.health.evaluated("healthy", "source evaluated");
    for (const node of nested) await this.#evaluateNested(node, modulePath);
    return { texts, templates, nested };
  }

  #nestedNode(block: ImportVertex["block"], modulePath: string, reader: ImportReader): readonly ImportNode[] {
    const { runtime, origins } = this.#surroundings;
    const source = runtime.imports.find(({ name }) => name === block.name);
    if (source === undefined) {
      this.#log.error("unknown import", { block: block.name });
      return [];
    }
    const id = `${block.name}.${labelOf(block)}`;
    const vertex: ImportVertex = { kind: "import", id, block, source };
    return [
      new ImportNode(vertex, globalId(this.globalId, id), {
        runtime,
        modulePath: () => modulePath,
        predecessor: undefined,
        origins: [...origins, reader.origin ?? this.globalId],
        exportsChanged: () => this.#nestedChanged(),
      }),
    ];
  }

  async #evaluateNested(node: ImportNode, modulePath: string): Promise<void> {
    const library = new Scope(this.#surroundings.runtime.standardLibrary);
    try {
      await node.evaluate(new Scope(new Map<string, Value>([["module_path", modulePath]]), library));
    } catch (error) {
      this.#log.error("failed to evaluate nested import", { node: node.globalId, err: errorText(error) });
      this.health.evaluated("unhealthy", `nested import block failed to evaluate: ${errorText(error)}`);
    }
  }

  #nestedChanged(): void {
    if (this.#reading !== undefined) this.#reading.revision += 1;
    this.#surroundings.exportsChanged(this);
  }

  #use(reading: Reading): void {
    this.#reading = reading;
    if (this.#state === "running") this.#followReading();
  }

  /** Watches what is read now, and runs what that imports. */
  #followReading(): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    const { reader, content } = reading;
    for (const node of this.#nestedRuns.keys()) if (!content.nested.includes(node)) void this.#stopNested(node);
    for (const node of content.nested) {
      if (!node.runnable || this.#nestedRuns.has(node)) continue;
      const abort = new AbortController();
      this.#nestedRuns.set(node, { abort, done: node.run(abort.signal) });
    }
    if (this.#watch?.reader === reader) return;
    void this.#stopWatching();
    const abort = new AbortController();
    const done = reader.watch?.(() => this.#refresh(reader, abort.signal), abort.signal) ?? Promise.resolve();
    this.#watch = { reader, abort, done };
  }

  async #stopWatching(): Promise<void> {
    const watch = this.#watch;
    this.#watch = undefined;
    watch?.abort.abort();
    await watch?.done;
  }

  async #stopNested(node: ImportNode): Promise<void> {
    const run = this.#nestedRuns.get(node);
    this.#nestedRuns.delete(node);
    run?.abort.abort();
    await run?.done;
  }

  /** What is not there or cannot be used leaves the last good content in force. */
  async #refresh(reader: ImportReader, signal: AbortSignal): Promise<void> {
    try {
      const imported = await reader.read(signal);
      const reading = this.#reading;
      if (reading?.reader !== reader || sameTexts(imported.texts, reading.content.texts)) return;
      const content = await this.#contentOf(imported, reader);
      if (content === undefined || this.#reading?.reader !== reader) return;
      this.health.evaluated(this.health.evaluation.state === "unhealthy" ? "unhealthy" : "healthy", "content updated");
      this.#use({ ...reading, content, revision: reading.revision + 1 });
      this.#surroundings.exportsChanged(this);
    } catch (error) {
      if (!signal.aborted) this.#log.error("failed to read imported content", { err: errorText(error) });
    }
  }
}

function emptyContent(modulePath: string): Content {
  return { texts: new Map(), templates: new TemplateRegistry({ declares: [], imports: [], modulePath }), nested: [] };
}

function sameTexts(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([name, text]) => b.get(name) === text);
}
