import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Edges } from "./order.ts";
import { connectedGroups, dependencyOrder, findCycles } from "./order.ts";

const letters = "abcdefgh".split("");

function edges(...pairs: readonly string[]): Edges {
  const groups = Map.groupBy(pairs, ([from]) => from ?? "");
  return new Map([...groups].map(([from, all]) => [from, new Set(all.map((pair) => pair[1] ?? ""))]));
}

/** Any graph over a few letters, written as pairs: `ab` is an edge from a to b. */
const anyEdges = fc.array(fc.tuple(fc.constantFrom(...letters), fc.constantFrom(...letters)).map((pair) => pair.join("")));
const acyclicEdges = anyEdges.map((pairs) => pairs.filter((pair) => (pair[0] ?? "") < (pair[1] ?? "")));

describe("dependencyOrder()", () => {
  it("puts dependencies first and keeps the order of what is independent", () => {
    expect(dependencyOrder(["c", "a", "b"], edges("ab", "bc"))).toEqual(["c", "b", "a"]);
    expect(dependencyOrder(["c", "a", "b"], edges())).toEqual(["c", "a", "b"]);
  });

  it("holds for every graph without cycles", () => {
    fc.assert(
      fc.property(acyclicEdges, fc.shuffledSubarray(letters, { minLength: letters.length }), (pairs, ids) => {
        const order = dependencyOrder(ids, edges(...pairs));
        expect(order.toSorted()).toEqual(letters);
        for (const [from = "", to = ""] of pairs) expect(order.indexOf(to)).toBeLessThan(order.indexOf(from));
      }),
    );
  });

  it("copes with a chain of any length", () => {
    const ids = Array.from({ length: 50_000 }, (_, index) => String(index));
    const chain = new Map(ids.slice(1).map((id) => [String(Number(id) - 1), new Set([id])]));
    expect(dependencyOrder(ids, chain)).toEqual(ids.toReversed());
  });
});

describe("findCycles()", () => {
  it("tells circles from self references", () => {
    const { cycles, selfReferences } = findCycles(letters, edges("ab", "bc", "ca", "dd", "ea", "fg", "gf"));
    expect(cycles.map((members) => members.toSorted())).toEqual([
      ["a", "b", "c"],
      ["f", "g"],
    ]);
    expect(selfReferences).toEqual(["d"]);
  });

  it("finds one exactly when walking along edges can lead back", () => {
    fc.assert(
      fc.property(anyEdges, (pairs) => {
        const graph = edges(...pairs);
        const { cycles, selfReferences } = findCycles(letters, graph);
        const reached = new Set([...cycles.flat(), ...selfReferences]);
        for (const id of letters) expect(reached.has(id)).toBe(leadsBack(id, graph));
      }),
    );
  });
});

function leadsBack(start: string, graph: Edges): boolean {
  const seen = new Set<string>();
  const open = [...(graph.get(start) ?? [])];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === start) return true;
    if (!seen.has(id)) open.push(...(graph.get(id) ?? []));
    seen.add(id);
  }
  return false;
}

describe("connectedGroups()", () => {
  it("joins what edges join in any direction", () => {
    const groups = connectedGroups(letters, edges("ab", "cb", "de", "fd"));
    const members = Map.groupBy(letters, (id) => groups.get(id));
    expect([...members.values()].map((ids) => ids.join(""))).toEqual(["abc", "def", "g", "h"]);
  });
});
