import type { Diagnostic, Located } from "@flameline/syntax";
import { errorAt, quote } from "@flameline/syntax";
import type { Stability } from "../../component/index.ts";
import type { Value } from "../../schema/value.ts";
import { deprecatedFunctions, featureOf } from "../../stdlib/index.ts";
import { stabilityProblem } from "./stability.ts";
import type { Chain } from "./chain.ts";
import { chainPlace, chainText, chainsOf } from "./chain.ts";
import type { Reference, Vertex } from "./vertex.ts";

/** The names that a body may use besides those of its own vertices. */
export interface KnownNames {
  readonly standardLibrary: ReadonlyMap<string, Value>;
  /** `module_path`, inside modules also `argument`. */
  readonly variables: ReadonlySet<string>;
  readonly stability: Stability;
}

/** Something about a reference that deserves a word but stops nothing. */
export interface ReferenceNote {
  readonly kind: "shadowing" | "deprecated";
  readonly place: Located;
  /** The function, or the component that stands in front of it. */
  readonly subject: string;
  /** First name of the chain. */
  readonly name: string;
}

export const noteTexts: Readonly<Record<ReferenceNote["kind"], string>> = {
  shadowing: "a component is shadowing an existing stdlib name",
  deprecated: "this stdlib function is deprecated; please refer to the documentation for updated usage and alternatives",
};

export interface References {
  readonly found: readonly Reference[];
  readonly errors: readonly Diagnostic[];
  readonly notes: readonly ReferenceNote[];
}

/** Where to point for a function that is below the allowed level: `run` marks up to the first letter of the last name, `validate` all of it. */
export type UnstablePlace = (chain: Chain) => Located;

/** Matches every chain of a block with the vertices around it: the shortest prefix that is an id is the target. */
export function resolveReferences(
  vertex: Vertex,
  vertices: ReadonlyMap<string, Vertex>,
  names: KnownNames,
  unstablePlace: UnstablePlace,
): References {
  const found: Reference[] = [];
  const errors: Diagnostic[] = [];
  const notes: ReferenceNote[] = [];
  const body = vertex.kind === "declare" ? [] : (vertex.block?.body ?? []);
  for (const chain of chainsOf(body)) {
    const reference = matchChain(chain, vertices);
    const name = chain.first.name;
    if (reference !== undefined) {
      found.push(reference);
      if (names.standardLibrary.has(name)) {
        notes.push({ kind: "shadowing", place: chainPlace(chain), subject: reference.target.block?.name ?? reference.target.id, name });
      }
    } else if (vertex.kind === "foreach") {
      // It may be a name of the template, where it is looked at again with all that is known there.
      continue;
    } else if (!names.standardLibrary.has(name) && !names.variables.has(name)) {
      errors.push(errorAt(chainPlace(chain), `component ${quote(chainText(chain))} does not exist or is out of scope`));
    } else if (deprecatedFunctions.has(name)) {
      notes.push({ kind: "deprecated", place: chainPlace(chain), subject: name, name });
    } else {
      const problem = unstableFunction(chain, names.stability);
      if (problem !== undefined) errors.push(errorAt(unstablePlace(chain), problem));
    }
  }
  return { found, errors, notes };
}

function matchChain({ source, first, identifiers }: Chain, vertices: ReadonlyMap<string, Vertex>): Reference | undefined {
  let id = first.name;
  for (let length = 1; length <= identifiers.length; length += 1) {
    const target = vertices.get(id);
    if (target !== undefined) return { source, target, path: identifiers.slice(length) };
    id += `.${identifiers[length]?.name ?? ""}`;
  }
  return undefined;
}

function unstableFunction(chain: Chain, minimum: Stability): string | undefined {
  const path = chainText(chain);
  const feature = featureOf(path);
  return feature && stabilityProblem(path, feature.stability, minimum);
}
