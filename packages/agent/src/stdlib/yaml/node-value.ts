import { maxNesting } from "@flameline/syntax";
import type * as Yaml from "yaml";
import { Capsule, type Value, ValueError } from "../../schema/index.ts";
import { isStringScalar, resolveScalar } from "./scalar.ts";

/** How many nodes aliases may expand to: a few lines of YAML can stand for billions. */
const maxAliasedNodes = 400_000;

/** An object that has keys which are no strings: the language can pass it on, but not look inside. */
class UnusableObject extends Capsule {
  override readonly typeName = "map[interface {}]interface {}";

  override equals(other: Value): boolean {
    return this === other;
  }
}

const tagPrefix = "tag:yaml.org,2002:";

/** Makes values of the nodes of one document. */
export class NodeReader {
  readonly #yaml: typeof Yaml;
  readonly #text: string;
  readonly #scalars: "typed" | "text";
  /** The nodes of the anchors that came up so far. Looking each one up in the document would take time in its length. */
  readonly #anchors = new Map<string, Yaml.Node>();
  /** Collections that are being read: an alias in there to one of them would never end. */
  readonly #open = new Set<Yaml.Node>();
  #aliasDepth = 0;
  #aliasedNodes = 0;

  constructor(yaml: typeof Yaml, text: string, scalars: "typed" | "text") {
    this.#yaml = yaml;
    this.#text = text;
    this.#scalars = scalars;
  }

  /** @throws {@link ValueError} for what is YAML but no value. */
  read(node: unknown): Value {
    if (this.#aliasDepth > 0) this.#aliasedNodes += 1;
    if (this.#aliasedNodes > maxAliasedNodes) throw new ValueError("yaml: document contains excessive aliasing");
    if (this.#yaml.isAlias(node)) return this.#alias(node);
    this.#remember(node);
    if (!this.#yaml.isCollection(node)) return this.#yaml.isScalar(node) ? this.#scalar(node) : null;
    if (this.#open.size >= maxNesting) throw new ValueError("yaml: exceeded max depth");
    this.#open.add(node);
    const value = this.#yaml.isMap(node) ? this.#object(node) : node.items.map((item) => this.read(item));
    this.#open.delete(node);
    return value;
  }

  #scalar(node: Yaml.Scalar): Value {
    const text = this.#endsOpen(node) ? sourceOf(node).replace(/\n$/, "") : sourceOf(node);
    const value = resolveScalar(text, shortTag(node), node.type === "PLAIN");
    return this.#scalars === "typed" || value === null || shortTag(node) === "!!binary" ? value : text;
  }

  /** A block scalar at the end of a text that does not end its last line: no line end belongs to it. */
  #endsOpen({ type, range }: Yaml.Scalar): boolean {
    const isBlock = type === "BLOCK_LITERAL" || type === "BLOCK_FOLDED";
    return isBlock && range?.[1] === this.#text.length && !this.#text.endsWith("\n");
  }

  #remember(node: unknown): void {
    if (this.#yaml.isNode(node) && !this.#yaml.isAlias(node) && node.anchor !== undefined) this.#anchors.set(node.anchor, node);
  }

  #target(node: Yaml.Alias): Yaml.Node {
    const target = this.#anchors.get(node.source);
    if (target === undefined) throw new ValueError(`yaml: unknown anchor '${node.source}' referenced`);
    return target;
  }

  #alias(node: Yaml.Alias): Value {
    const target = this.#target(node);
    if (this.#open.has(target)) throw new ValueError(`yaml: anchor '${node.source}' value contains itself`);
    this.#aliasDepth += 1;
    const value = this.read(target);
    this.#aliasDepth -= 1;
    return value;
  }

  #object(node: Yaml.YAMLMap): Value {
    const members = new Map<string, Value>();
    const written = new Map<string, unknown>();
    const merged = new Map<string, Value>();
    let usable = true;
    for (const { key, value } of node.items) {
      if (this.#isMergeKey(key)) {
        this.#merge(value, merged);
        continue;
      }
      const name = this.#name(key);
      usable &&= name.isString;
      this.#refuseDuplicate(written, name.text, key);
      members.set(name.text, this.read(value));
    }
    // Members written in the object itself win over merged ones.
    return usable ? new Map([...merged, ...members]) : new UnusableObject();
  }

  #name(key: unknown): { readonly text: string; readonly isString: boolean } {
    this.#remember(key);
    const node = this.#yaml.isAlias(key) ? this.#target(key) : key;
    if (!this.#yaml.isScalar(node)) throw new ValueError("yaml: invalid map key: only scalars can be keys");
    const text = sourceOf(node);
    const isString = this.#scalars === "text" || isStringScalar(text, shortTag(node), node.type === "PLAIN");
    return { text, isString };
  }

  /** `written` holds the keys so far. */
  #refuseDuplicate(written: Map<string, unknown>, name: string, key: unknown): void {
    if (written.has(name)) {
      const [line, first] = [key, written.get(name)].map((node) => this.#lineOf(node));
      throw new ValueError(`yaml: unmarshal errors:\n  line ${line}: mapping key ${JSON.stringify(name)} already defined at line ${first}`);
    }
    written.set(name, key);
  }

  /** Looks at all of the text before the node. */
  #lineOf(node: unknown): number {
    return this.#yaml.isNode(node) ? lineAt(this.#text, node.range?.[0] ?? 0) : 0;
  }

  #isMergeKey(key: unknown): boolean {
    return this.#yaml.isScalar(key) && sourceOf(key) === "<<" && key.type === "PLAIN" && ["", "!!merge"].includes(shortTag(key));
  }

  /** Adds the members of an object or of each of a list of objects; what came first stays. */
  #merge(node: unknown, into: Map<string, Value>): void {
    const value = this.read(node);
    for (const source of Array.isArray(value) ? (value as readonly Value[]) : [value]) {
      if (!(source instanceof Map)) throw new ValueError("yaml: map merge requires map or sequence of maps as the value");
      for (const [name, member] of source) if (!into.has(name)) into.set(name, member);
    }
  }
}

/** The 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function sourceOf(node: Yaml.Scalar): string {
  return node.source ?? (typeof node.value === "string" ? node.value : "");
}

/** `!!int` for the tags of YAML itself. */
function shortTag(node: Yaml.Scalar): string {
  const { tag = "" } = node;
  return tag.startsWith(tagPrefix) ? `!!${tag.slice(tagPrefix.length)}` : tag;
}
