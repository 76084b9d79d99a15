import type { Edges } from "./order.ts";
import { connectedGroups, dependencyOrder } from "./order.ts";
import type { Reference, Vertex } from "./vertex.ts";

const none: ReadonlySet<string> = new Set();

/** The vertices of one body and what they need of each other. Immutable and free of cycles; says nothing about what runs. */
export class Graph {
  static readonly empty: Graph = new Graph(new Map(), new Map(), new Map());

  /** By id, in the order of population. */
  readonly vertices: ReadonlyMap<string, Vertex>;
  /** Every vertex after those that it depends on; the program's own settings first, so that logging is set up early. */
  readonly order: readonly Vertex[];
  readonly #references: ReadonlyMap<string, readonly Reference[]>;
  readonly #dependencies: Edges;
  readonly #dependants: Edges;
  readonly #groups: ReadonlyMap<string, number>;

  constructor(vertices: ReadonlyMap<string, Vertex>, references: ReadonlyMap<string, readonly Reference[]>, dependencies: Edges) {
    this.vertices = vertices;
    this.#references = references;
    this.#dependencies = dependencies;
    this.#dependants = reversed(dependencies);
    this.#groups = connectedGroups(vertices.keys(), dependencies);
    const all = [...vertices.values()];
    const settingsFirst = [...all.filter(({ kind }) => kind === "config"), ...all];
    const ids = dependencyOrder(
      settingsFirst.map(({ id }) => id),
      dependencies,
    );
    this.order = ids.flatMap((id) => vertices.get(id) ?? []);
  }

  /** Every mention of another vertex in the block of this one, in source order. */
  references(id: string): readonly Reference[] {
    return this.#references.get(id) ?? [];
  }

  dependencies(id: string): ReadonlySet<string> {
    return this.#dependencies.get(id) ?? none;
  }

  dependants(id: string): ReadonlySet<string> {
    return this.#dependants.get(id) ?? none;
  }

  /** Vertices of different groups have nothing to do with each other. */
  group(id: string): number {
    return this.#groups.get(id) ?? -1;
  }
}

function reversed(edges: Edges): Edges {
  const result = new Map<string, Set<string>>();
  for (const [from, targets] of edges) {
    for (const to of targets) {
      const sources = result.get(to);
      if (sources === undefined) result.set(to, new Set([from]));
      else sources.add(from);
    }
  }
  return result;
}
