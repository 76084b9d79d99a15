import { type Diagnostic, errorAt, type Expression, formatExpression, type Source } from "@flameline/syntax";
import { MismatchError } from "./mismatch-error.ts";
import type { ValueError } from "./value.ts";

/**
 * The diagnostic for a value that an expression gave: `<expression> <message>`. Where the wrong value is written as part of a literal, that part is
 * blamed, otherwise the way to it follows the expression's text (`foo.bar[2].key`).
 */
export function blame(expression: Expression, source: Source, error: ValueError): Diagnostic {
  const { node, rest } = follow(expression, error.path);
  const path = rest.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
  return errorAt({ source, start: node.start, end: node.end }, `${formatExpression(node, source)}${path} ${error.message}`);
}

/** The same for static checks, which do not print the expression and say `expected` for `should be`. */
export function blameStatically(expression: Expression, source: Source, error: ValueError): Diagnostic {
  const { node } = follow(expression, error.path);
  const message = error instanceof MismatchError ? `expected ${error.expected}, got ${error.actual}` : error.message;
  return errorAt({ source, start: node.start, end: node.end }, message);
}

/** Goes along `path` as far as literals lead. */
function follow(expression: Expression, path: readonly (string | number)[]): { node: Expression; rest: readonly (string | number)[] } {
  let node = expression;
  for (const [index, step] of path.entries()) {
    const inner = member(node, step);
    if (inner === undefined) return { node, rest: path.slice(index) };
    node = inner;
  }
  return { node, rest: [] };
}

function member(expression: Expression, step: string | number): Expression | undefined {
  let node = expression;
  while (node.kind === "paren") node = node.inner;
  if (node.kind === "array" && typeof step === "number") return node.elements[step];
  // The last of equal keys wins.
  return node.kind === "object" ? node.fields.findLast(({ name }) => name === step)?.value : undefined;
}
