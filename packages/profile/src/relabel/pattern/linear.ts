import { type CharSet, intersection, isAny } from "./char-set.ts";
import type { PlainNode } from "./plain-syntax.ts";

/** Bounds of the automaton that is looked at; larger patterns count as not linear. */
const maxPositions = 1_000;
const maxEdges = 100_000;
const maxLoops = 32;
/** How many ways a text may be taken apart at the same time. */
const maxWays = 1_000;

/**
 * Whether a backtracking matcher takes time linear in the text for this pattern, anchored at both ends.
 *
 * Such a matcher tries, in the worst case, every way in which a prefix of the text can be read by the pattern's automaton. Their number is bounded by a
 * constant exactly when no state has two loops over the same word, and no two states p before q have a word that leads p to p, p to q and q to q
 * (Weber and Seidl, "On the degree of ambiguity of finite automata", 1991). Only single characters loop here, so the first cannot be; the second is
 * looked for. A loop over any character at the very end is left out: once it is reached, the match succeeds.
 *
 * The constant is bounded as well: paths without loops, times the ways to divide a text between the loops of one path and what follows them. A loop that
 * shares no character with what follows it leaves one way. Any other leaves at most 2k + 2 when k positions follow it, because a division that is followed
 * by two others at that distance would give the word that was ruled out.
 */
export function isLinear(node: PlainNode): boolean {
  const automaton = Automaton.of(node);
  return automaton !== undefined && automaton.ways() <= maxWays && !automaton.hasAmbiguousLoops();
}

/** Where a part of the pattern can begin and end. */
interface Part {
  readonly nullable: boolean;
  readonly first: readonly number[];
  readonly last: readonly number[];
}

const nothing: Part = { nullable: true, first: [], last: [] };

/** Glushkov's automaton: one state for each character of the pattern. All edges but those from a position to itself lead forward. */
class Automaton {
  readonly #sets: CharSet[] = [];
  readonly #loops: boolean[] = [];
  readonly #follow: number[][] = [];
  #edges = 0;
  #root: Part = nothing;

  static of(node: PlainNode): Automaton | undefined {
    const automaton = new Automaton();
    automaton.#root = automaton.#part(node);
    if (automaton.#sets.length > maxPositions || automaton.#edges > maxEdges) return undefined;
    for (const position of automaton.#root.last) automaton.#endEarly(position);
    return automaton.#loops.filter(Boolean).length > maxLoops ? undefined : automaton;
  }

  /** An upper bound of the number of ways in which the automaton reads one text. */
  ways(): number {
    const paths = new Map<number, number>();
    const choices = new Map<number, number>();
    for (let position = this.#sets.length - 1; position >= 0; position -= 1) {
      const next = this.#follow[position] ?? [];
      paths.set(position, 1 + sum(next.map((one) => paths.get(one) ?? 0)));
      choices.set(position, (this.#hasChoice(position) ? 1 : 0) + Math.max(0, ...next.map((one) => choices.get(one) ?? 0)));
    }
    const { first } = this.#root;
    const most = Math.max(0, ...first.map((one) => choices.get(one) ?? 0));
    return sum(first.map((one) => paths.get(one) ?? 0)) * (2 * this.#sets.length + 2) ** most;
  }

  /** Whether a character may either stay in the loop at this position or leave it. */
  #hasChoice(position: number): boolean {
    const set = this.#set(position);
    return this.#loops[position] === true && (this.#follow[position] ?? []).some((next) => intersection(set, this.#set(next)).length > 0);
  }

  hasAmbiguousLoops(): boolean {
    return this.#loops.some((loops, position) => loops && this.#leadsToLoopWithin(position));
  }

  /** Whether another loop can be reached from this one over characters that both take. */
  #leadsToLoopWithin(from: number): boolean {
    return this.#loops.some((loops, to) => loops && to > from && this.#reaches(from, to, intersection(this.#set(from), this.#set(to))));
  }

  #reaches(from: number, to: number, common: CharSet): boolean {
    if (common.length === 0) return false;
    const seen = new Set<number>();
    const open = [from];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const next of this.#follow[at] ?? []) {
        if (next > to || seen.has(next) || intersection(this.#set(next), common).length === 0) continue;
        if (next === to) return true;
        seen.add(next);
        open.push(next);
      }
    }
    return false;
  }

  #set(position: number): CharSet {
    return this.#sets[position] ?? [];
  }

  /** A loop over any character after which only the end can come always leads to a match. */
  #endEarly(position: number): void {
    if (this.#follow[position]?.length === 0 && isAny(this.#set(position))) this.#loops[position] = false;
  }

  #part(node: PlainNode): Part {
    if (this.#sets.length > maxPositions || this.#edges > maxEdges) return nothing;
    switch (node.kind) {
      case "char":
        return this.#char(node.set, false);
      case "capture":
        return this.#part(node.body);
      case "sequence":
        return node.items.reduce((before, item) => this.#joined(before, this.#part(item)), nothing);
      case "choice":
        return union(node.options.map((option) => this.#part(option)));
      default:
        return this.#repeat(node);
    }
  }

  #char(set: CharSet, loops: boolean): Part {
    const position = this.#sets.push(set) - 1;
    this.#loops.push(loops);
    this.#follow.push([]);
    return { nullable: false, first: [position], last: [position] };
  }

  /** `a{2,4}` is `aaa?a?`, `a{2,}` is `aa` with a loop at the last one. */
  #repeat({ body, min, max }: Extract<PlainNode, { kind: "repeat" }>): Part {
    const copies = max === Infinity ? Math.max(1, min) : max;
    let whole = nothing;
    for (let copy = 1; copy <= copies; copy += 1) {
      const part = body.kind === "char" ? this.#char(body.set, max === Infinity && copy === copies) : this.#part(body);
      whole = this.#joined(whole, copy > min ? { ...part, nullable: true } : part);
    }
    return whole;
  }

  #joined(before: Part, after: Part): Part {
    for (const position of before.last) {
      this.#follow[position]?.push(...after.first);
      this.#edges += after.first.length;
    }
    return {
      nullable: before.nullable && after.nullable,
      first: before.nullable ? [...before.first, ...after.first] : before.first,
      last: after.nullable ? [...before.last, ...after.last] : after.last,
    };
  }
}

function union(parts: readonly Part[]): Part {
  return {
    nullable: parts.some(({ nullable }) => nullable),
    first: parts.flatMap(({ first }) => first),
    last: parts.flatMap(({ last }) => last),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
