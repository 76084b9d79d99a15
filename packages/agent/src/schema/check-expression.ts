import type { Diagnostic, Expression, Source } from "@flameline/syntax";
import { blameStatically } from "./blame.ts";
import { DiagnosticError } from "./config-error.ts";
import { evaluate, operandsOf } from "./evaluate.ts";
import { literalValue } from "./literal.ts";
import { MismatchError } from "./mismatch-error.ts";
import { applyBinary, applyUnary } from "./operators.ts";
import { Scope } from "./scope.ts";
import type { Type } from "./type.ts";
import { any } from "./types/any.ts";
import { type Value, ValueError, type ValueKind } from "./value.ts";

/**
 * The problems that literals show by themselves: their types, those of elements of literal lists and objects, and operators on two literals. Everything
 * else is left to evaluation.
 */
export function checkExpression(expression: Expression, type: Type<unknown>, source: Source): readonly Diagnostic[] {
  if (expression.kind === "paren") return checkExpression(expression.inner, type, source);
  const element = type.expects === "any" ? any : type.element;
  const parts = element === undefined ? undefined : partsOf(expression, type.expects);
  if (element === undefined || parts === undefined) return checkWhole(expression, type, source);
  return parts.flatMap((part) => checkExpression(part, element, source));
}

/** The members of a literal list or object where such a one is expected. */
function partsOf(expression: Expression, expects: ValueKind | "any"): readonly Expression[] | undefined {
  const fits = expects === "any" || expects === expression.kind;
  return fits && (expression.kind === "array" || expression.kind === "object") ? operandsOf(expression) : undefined;
}

function checkWhole(expression: Expression, type: Type<unknown>, source: Source): readonly Diagnostic[] {
  try {
    if (expression.kind === "array") throw new MismatchError(type.expects, []);
    if (expression.kind === "object" && type.expects !== "capsule") throw new MismatchError(type.expects, new Map());
    const value = staticValue(expression, source);
    if (value !== undefined) type.decode(value);
    return [];
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics;
    if (!(error instanceof ValueError)) throw error;
    const operand = expression.kind === "unary" && error.argument !== undefined ? expression.value : expression;
    return [blameStatically(operand, source, error)];
  }
}

/** What is known without evaluating: literals, one operator applied to literals, objects of constants. */
function staticValue(expression: Expression, source: Source): Value | undefined {
  switch (expression.kind) {
    case "literal":
      return literalValue(expression);
    case "unary":
      return expression.value.kind === "literal" ? applyUnary(expression.operator, literalValue(expression.value)) : undefined;
    case "binary":
      if (expression.left.kind !== "literal" || expression.right.kind !== "literal") return undefined;
      return applyBinary(expression.operator, literalValue(expression.left), literalValue(expression.right));
    case "object":
      return isConstant(expression) ? evaluate(expression, new Scope(new Map()), source) : undefined;
    default:
      return undefined;
  }
}

/** Whether an expression uses no names. */
export function isConstant(expression: Expression): boolean {
  return expression.kind !== "identifier" && operandsOf(expression).every(isConstant);
}
