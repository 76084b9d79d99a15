import { errorAt, type Expression, quote, type Range, type Source } from "@flameline/syntax";
import { accessIndex, accessMember } from "./access.ts";
import { blame } from "./blame.ts";
import { DiagnosticError } from "./config-error.ts";
import { literalValue } from "./literal.ts";
import { MismatchError } from "./mismatch-error.ts";
import { applyBinary, applyUnary } from "./operators.ts";
import type { Scope } from "./scope.ts";
import { FunctionValue, type Value, ValueError } from "./value.ts";

/**
 * The value of an expression. All parts are evaluated, from left to right; there is no short circuit.
 *
 * @throws {@link DiagnosticError} with the part to blame. Functions may throw other errors about a call as a whole; these pass through.
 */
export function evaluate(expression: Expression, scope: Scope, source: Source): Value {
  // The parser bounds the depth of trees.
  const parts = operandsOf(expression);
  const operands = parts.map((part) => evaluate(part, scope, source));
  try {
    return apply(expression, operands, scope, source);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    const culprit = error.argument === undefined ? undefined : parts[error.argument];
    throw new DiagnosticError([blame(culprit ?? expression, source, error)]);
  }
}

/** The parts whose values a node needs, in source order. */
export function operandsOf(node: Expression): readonly Expression[] {
  switch (node.kind) {
    case "identifier":
    case "literal":
      return [];
    case "array":
      return node.elements;
    case "object":
      return node.fields.map(({ value }) => value);
    case "access":
    case "unary":
      return [node.value];
    case "index":
      return [node.value, node.index];
    case "call":
      return [node.callee, ...node.args];
    case "binary":
      return [node.left, node.right];
    default:
      return [node.inner];
  }
}

function apply(node: Expression, operands: readonly Value[], scope: Scope, source: Source): Value {
  const [first = null, second = null] = operands;
  switch (node.kind) {
    case "literal":
      return literalValue(node);
    case "identifier":
      return existing(scope.lookup(node.name), node, source, `identifier ${quote(node.name)} does not exist`);
    case "array":
      return operands;
    case "object":
      return new Map(node.fields.map(({ name }, index) => [name, operands[index] ?? null]));
    case "access":
      return existing(accessMember(first, node.name.name), node.name, source, `field ${quote(node.name.name)} does not exist`);
    case "index":
      return accessIndex(first, second);
    case "call":
      return call(first, operands.slice(1));
    case "unary":
      return applyUnary(node.operator, first);
    case "binary":
      return applyBinary(node.operator, first, second);
    default:
      return first;
  }
}

function existing(value: Value | undefined, place: Range, source: Source, message: string): Value {
  if (value === undefined) throw problem(place, source, message);
  return value;
}

function problem({ start, end }: Range, source: Source, message: string): DiagnosticError {
  return new DiagnosticError([errorAt({ source, start, end }, message)]);
}

/** Operand 0 of a call is the function, which is to blame for what no argument is. */
function call(callee: Value, args: readonly Value[]): Value {
  if (!(callee instanceof FunctionValue)) throw new MismatchError("function", callee, [], 0);
  try {
    return callee.call(args);
  } catch (error) {
    if (error instanceof ValueError) throw error.of(error.argument === undefined ? 0 : error.argument + 1);
    throw error;
  }
}
