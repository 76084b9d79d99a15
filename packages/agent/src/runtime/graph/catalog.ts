import type { Block, Diagnostic } from "@flameline/syntax";
import { errorAt, quote } from "@flameline/syntax";
import type { Component, ComponentSource, Stability } from "../../component/index.ts";
import { hintForUnknown } from "./component-hints.ts";
import { stabilityProblem } from "./stability.ts";
import { namePlace } from "./vertex.ts";

interface CatalogOptions {
  readonly components: ReadonlyMap<string, ComponentSource>;
  readonly stability: Stability;
  readonly communityComponents: boolean;
}

/** The program's components: says which a configuration may use, and imports the code of those that it does use. */
export class ComponentCatalog {
  readonly #options: CatalogOptions;
  readonly #loaded = new Map<string, Component>();

  constructor(options: CatalogOptions) {
    this.#options = options;
  }

  /** Imports the code of those blocks that name a component of the program and may use it. */
  async load(blocks: readonly Block[]): Promise<void> {
    const missing = new Set(blocks.map(({ name }) => name).filter((name) => !this.#loaded.has(name)));
    const sources = [...missing]
      .flatMap((name) => this.#options.components.get(name) ?? [])
      .filter((source) => this.#refusal(source) === undefined);
    const components = await Promise.all(sources.map((source) => source.load()));
    for (const component of components) this.#loaded.set(component.name, component);
  }

  /** The component of a block that was loaded, or why the block cannot be one. `customNames` may have been meant instead. */
  find(block: Block, customNames: Iterable<string>): { readonly component: Component } | { readonly problem: Diagnostic } {
    const { name } = block;
    const source = this.#options.components.get(name);
    if (source === undefined) {
      const hint = hintForUnknown(name, [...this.#options.components.keys(), ...customNames]);
      return { problem: { ...errorAt(namePlace(block), `cannot find the definition of component name ${quote(name)}`), hint } };
    }
    const refusal = this.#refusal(source);
    if (refusal !== undefined) return { problem: errorAt(namePlace(block), refusal) };
    if (block.label === undefined) return { problem: errorAt(namePlace(block), `component ${quote(name)} must have a label`) };
    const component = this.#loaded.get(name);
    if (component === undefined) throw new Error(`component ${name} was not loaded`);
    return { component };
  }

  #refusal({ name, stability, community }: ComponentSource): string | undefined {
    if (community !== true) return stabilityProblem(`component ${quote(name)}`, stability, this.#options.stability);
    if (this.#options.communityComponents) return undefined;
    return (
      `the component ${quote(name)} is a community component. ` +
      "Use the --feature.community-components.enabled command-line flag to enable community components"
    );
  }
}
