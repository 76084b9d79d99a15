/** Edges of a graph by id: what a node depends on. Ids without an entry have none. */
export type Edges = ReadonlyMap<string, ReadonlySet<string>>;

/** All ids, each after everything that it depends on; independent ones keep their order. The graph must not have cycles. */
export function dependencyOrder(ids: Iterable<string>, edges: Edges): readonly string[] {
  return strongComponents(ids, edges).flat();
}

/** Groups of ids that depend on each other in a circle, and ids that depend on themselves. */
export function findCycles(
  ids: Iterable<string>,
  edges: Edges,
): { readonly cycles: readonly (readonly string[])[]; readonly selfReferences: readonly string[] } {
  const components = strongComponents(ids, edges);
  return {
    cycles: components.filter((members) => members.length > 1),
    selfReferences: components.flat().filter((id) => edges.get(id)?.has(id) === true),
  };
}

interface Visit {
  readonly id: string;
  readonly index: number;
  lowest: number;
  onStack: boolean;
  readonly rest: Iterator<string>;
}

/** Tarjan's algorithm without recursion, so that long chains do not exhaust the stack. A component comes after those that it depends on. */
function strongComponents(ids: Iterable<string>, edges: Edges): readonly (readonly string[])[] {
  const visits = new Map<string, Visit>();
  const stack: Visit[] = [];
  const components: string[][] = [];
  const open = (id: string): Visit => {
    const index = visits.size;
    const visit: Visit = { id, index, lowest: index, onStack: true, rest: (edges.get(id) ?? []).values() };
    visits.set(id, visit);
    stack.push(visit);
    return visit;
  };
  for (const root of ids) {
    if (visits.has(root)) continue;
    const path = [open(root)];
    for (let visit = path.at(-1); visit !== undefined; visit = path.at(-1)) {
      const next = visit.rest.next();
      if (next.done !== true) {
        const seen = visits.get(next.value);
        if (seen === undefined) path.push(open(next.value));
        else if (seen.onStack) visit.lowest = Math.min(visit.lowest, seen.index);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) parent.lowest = Math.min(parent.lowest, visit.lowest);
      if (visit.lowest === visit.index) components.push(closeComponent(stack, visit));
    }
  }
  return components;
}

function closeComponent(stack: Visit[], root: Visit): string[] {
  const members = stack.splice(stack.lastIndexOf(root));
  for (const member of members) member.onStack = false;
  return members.map(({ id }) => id);
}

/** The number of the group for every id: ids have the same number when a path of edges, taken in any direction, joins them. */
export function connectedGroups(ids: Iterable<string>, edges: Edges): ReadonlyMap<string, number> {
  const parents = new Map<string, string>();
  const rootOf = (id: string): string => {
    let at = id;
    for (let parent = parents.get(at); parent !== undefined; parent = parents.get(at)) {
      // Halving the path keeps long chains cheap.
      const above = parents.get(parent);
      if (above !== undefined) parents.set(at, above);
      at = parent;
    }
    return at;
  };
  const all = [...ids];
  for (const id of all) {
    for (const dependency of edges.get(id) ?? []) {
      const [a, b] = [rootOf(id), rootOf(dependency)];
      if (a !== b) parents.set(a, b);
    }
  }
  const numbers = new Map<string, number>();
  return new Map(
    all.map((id) => {
      const root = rootOf(id);
      const number = numbers.get(root) ?? numbers.size;
      numbers.set(root, number);
      return [id, number];
    }),
  );
}
