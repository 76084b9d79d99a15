import type { Block } from "@flameline/syntax";
import { labelOf } from "./vertex.ts";

/** A `declare` block together with where the names in its body are looked up. */
export interface Template {
  readonly block: Block;
  readonly registry: TemplateRegistry;
}

/** What an import has to offer at the moment. */
export interface ImportedTemplates {
  /** Undefined while its content is not known. */
  readonly templates: TemplateRegistry | undefined;
  /** Grows with every change of its content, or of what that imports. */
  readonly revision: number;
}

export interface TemplateRegistryOptions {
  readonly declares: readonly Block[];
  /** Labels of the imports of the body. */
  readonly imports: readonly string[];
  /** The variable `module_path` in the bodies of its templates. */
  readonly modulePath: string;
  readonly parent?: TemplateRegistry | undefined;
}

/**
 * What custom components a body can use: those that it declares, those of its imports, and those of the bodies around it. An import has a registry of
 * its own without a parent, so that imported templates cannot see the importer's.
 */
export class TemplateRegistry {
  readonly modulePath: string;
  readonly #parent: TemplateRegistry | undefined;
  readonly #declares: ReadonlyMap<string, Block>;
  readonly #imports: Map<string, ImportedTemplates | undefined>;

  /** Of declares with one name the first counts. */
  constructor({ declares, imports, modulePath, parent }: TemplateRegistryOptions) {
    this.modulePath = modulePath;
    this.#parent = parent;
    this.#declares = new Map(declares.map((block) => [labelOf(block), block] as const).reverse());
    this.#imports = new Map(imports.map((label) => [label, undefined]));
  }

  /** Says where the templates of an import come from, once there is somebody who reads them. */
  provide(label: string, imported: ImportedTemplates): void {
    this.#imports.set(label, imported);
  }

  /** Grows with every change of something imported that templates of this registry may use. */
  get revision(): number {
    const imported = [...this.#imports.values()].reduce((sum, one) => sum + (one?.revision ?? 0), 0);
    return imported + (this.#parent?.revision ?? 0);
  }

  /** Whether a block of this name is a custom component: declared, or below the namespace of an import whatever its content. */
  knows(namespace: string, name: string): boolean {
    const here = namespace === "" ? this.#declares.has(name) : this.#imports.has(namespace);
    return here || this.#parent?.knows(namespace, name) === true;
  }

  /** Whether the content of an import is known. */
  isRead(namespace: string): boolean {
    return this.#imports.has(namespace) ? this.#imports.get(namespace)?.templates !== undefined : this.#parent?.isRead(namespace) === true;
  }

  find(namespace: string, name: string): Template | undefined {
    if (namespace !== "") {
      return this.#imports.has(namespace) ? this.#imports.get(namespace)?.templates?.find("", name) : this.#parent?.find(namespace, name);
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
