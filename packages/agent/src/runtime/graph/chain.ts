import type { Expression, Identifier, Located, Source, Statement } from "@flameline/syntax";
import { operandsOf } from "../../schema/index.ts";

/** A run of names joined by dots, as far as no index, call or other operator interrupts it: `pyroscope.write.w.receiver`. */
export interface Chain {
  readonly source: Source;
  readonly first: Identifier;
  readonly identifiers: readonly Identifier[];
}

export function chainText({ identifiers }: Chain): string {
  return identifiers.map(({ name }) => name).join(".");
}

export function chainPlace({ source, first, identifiers }: Chain): Located {
  return { source, start: first.start, end: (identifiers.at(-1) ?? first).end };
}

/** All chains in the attributes of a body and of the blocks inside it, in source order. */
export function chainsOf(body: readonly Statement[]): readonly Chain[] {
  return body.flatMap((statement) =>
    statement.kind === "attribute" ? chainsIn(statement.value, statement.source) : chainsOf(statement.body),
  );
}

function chainsIn(expression: Expression, source: Source): readonly Chain[] {
  const chains: Chain[] = [];
  // No recursion: an expression may be as long as a file.
  const pending = [expression];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const identifiers = pureChain(next);
    const [first] = identifiers;
    if (first !== undefined) chains.push({ source, first, identifiers });
    else for (const operand of operandsOf(next).toReversed()) pending.push(operand);
  }
  return chains;
}

/** The identifiers of an expression that is nothing but a chain, otherwise an empty list. */
function pureChain(expression: Expression): readonly Identifier[] {
  const names: Identifier[] = [];
  let at = expression;
  while (at.kind === "access") {
    names.push(at.name);
    at = at.value;
  }
  return at.kind === "identifier" ? [at, ...names.reverse()] : [];
}
