import type { Block } from "@flameline/syntax";
import { labelOf } from "./vertex.ts";

/** A `declare` block together with where the names in its body are looked up. */
export interface Template {
  readonly block: Block;
  readonly registry: TemplateRegistry;
}

/**
 * What custom components a body can use: those that it declares, those of its imports, and those of the bodies around it. An import has a registry of
 * its own without a parent, so that imported templates cannot see the importer's.
 */
export class TemplateRegistry {
  readonly #parent: TemplateRegistry | undefined;
  readonly #declares: ReadonlyMap<string, Block>;
  readonly #imports: ReadonlyMap<string, TemplateRegistry | undefined>;

  /** `imports` by namespace; undefined while the content of an import is not known. Of declares with one name the first counts. */
  constructor(declares: readonly Block[], imports: ReadonlyMap<string, TemplateRegistry | undefined>, parent?: TemplateRegistry) {
    this.#parent = parent;
    this.#declares = new Map(declares.map((block) => [labelOf(block), block] as const).reverse());
    this.#imports = imports;
  }

  /** Whether a block of this name is a custom component: declared, or below the namespace of an import whatever its content. */
  knows(namespace: string, name: string): boolean {
    const here = namespace === "" ? this.#declares.has(name) : this.#imports.has(namespace);
    return here || this.#parent?.knows(namespace, name) === true;
  }

  find(namespace: string, name: string): Template | undefined {
    if (namespace !== "") {
      return this.#imports.has(namespace) ? this.#imports.get(namespace)?.find("", name) : this.#parent?.find(namespace, name);
    }
    const block = this.#declares.get(name);
    return block === undefined ? this.#parent?.find("", name) : { block, registry: this };
  }

  /** All names that can be used without a namespace. */
  names(): ReadonlySet<string> {
    return new Set([...this.#declares.keys(), ...(this.#parent?.names() ?? [])]);
  }
}

/** `lib.add` is `add` of the import `lib`; a name without dots is declared. Undefined for names that cannot be custom components. */
export function splitTemplateName(name: string): { readonly namespace: string; readonly template: string } | undefined {
  const [first = "", second, ...rest] = name.split(".");
  if (rest.length > 0) return undefined;
  return second === undefined ? { namespace: "", template: first } : { namespace: first, template: second };
}
