import type { Diagnostic } from "@flameline/syntax";
import { Source } from "@flameline/syntax";
import { Controller } from "./controller/controller.ts";
import { ComponentCatalog } from "./graph/catalog.ts";
import { Inspector } from "./inspect/inspector.ts";
import type { RuntimeOptions } from "./options.ts";
import { parseSources } from "./parse-sources.ts";

export interface LoadResult {
  /** Empty after a load without errors. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Runs a configuration.
 *
 * @example
 * const runtime = new Runtime(options);
 * const { diagnostics } = await runtime.load((await readSources("config.alloy")).sources);
 * if (diagnostics.length === 0) await runtime.run(signal);
 */
export class Runtime {
  /** A view of what runs, for the HTTP API and for pages. */
  readonly inspect: Inspector;
  readonly #root: Controller;

  constructor(options: RuntimeOptions) {
    this.#root = new Controller({
      id: "",
      runtime: options,
      catalog: new ComponentCatalog(options),
      deadlineMs: options.shutdownDeadlineMs,
    });
    this.inspect = new Inspector(this.#root);
  }

  /**
   * Puts a configuration in force, or changes nothing when there is anything wrong with it: everything is decoded, checked and built before what runs is
   * updated, and updates are taken back when a later one fails.
   * Loads run one after the other, in the order of the calls.
   */
  async load(sources: readonly Source[]): Promise<LoadResult> {
    const { blocks, diagnostics } = parseSources(sources);
    return { diagnostics: diagnostics.length > 0 ? diagnostics : await this.#root.loadBlocks(blocks) };
  }

  /** Runs what is loaded, now and later, until `signal` aborts; resolves when everything has stopped. To be called once. */
  run(signal: AbortSignal): Promise<void> {
    return this.#root.run(signal);
  }

  /** Tells every component that members of the cluster came or went. */
  clusterChanged(): void {
    for (const node of this.inspect.componentNodes()) node.instance?.clusterChanged?.();
  }
}

/**
 * Runs a second configuration beside the one of the command line, under the rules of modules: it may not configure the program. Ids of what is in it begin
 * with its own.
 */
export class IsolatedRuntime {
  /** Components of its top level are found by their local ids there, those inside modules by the ids of the modules in it. */
  readonly inspect: Inspector;
  readonly #id: string;
  readonly #controller: Controller;

  constructor(id: string, options: RuntimeOptions) {
    this.#id = id;
    this.#controller = new Controller({
      id,
      runtime: options,
      catalog: new ComponentCatalog(options),
      deadlineMs: options.shutdownDeadlineMs,
    });
    this.inspect = new Inspector(this.#controller);
  }

  /** Puts a configuration in force, or changes nothing when there is anything wrong with it. */
  async loadText(text: string): Promise<readonly Diagnostic[]> {
    const { blocks, diagnostics } = parseSources([new Source(this.#id, text)]);
    return diagnostics.length > 0 ? diagnostics : this.#controller.loadIsolated(blocks);
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#controller.run(signal);
  }

  clusterChanged(): void {
    for (const node of this.inspect.componentNodes()) node.instance?.clusterChanged?.();
  }
}
