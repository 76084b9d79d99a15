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
import { type Value, ValueError } from "./value.ts";

interface Task {
  readonly expression: Expression;
  readonly type: Type<unknown>;
}

/**
 * The problems that literals show by themselves: their types, those of elements of literal lists and objects, and operators on two literals. Everything
 * else is left to evaluation.
 */
export function checkExpression(expression: Expression, type: Type<unknown>, source: Source): readonly Diagnostic[] {
  const problems: Diagnostic[] = [];
  const pending: Task[] = [{ expression, type }];
  for (let task = pending.pop(); task !== undefined; task = pending.pop()) {
    const inner = innerTasks(task);
    // The stack gives back the last one first.
    if (inner !== undefined) pending.push(...inner.toReversed());
    else problems.push(...checkLeaf(task, source));
  }
  return problems;
}

/** The members of a literal list or object that are to be checked on their own; undefined for everything that is checked as a whole. */
function innerTasks({ expression, type }: Task): readonly Task[] | undefined {
  if (expression.kind === "paren") return [{ expression: expression.inner, type }];
  const element = type.expects === "any" ? any : type.element;
  if (element === undefined) return undefined;
  if (expression.kind === "array" && (type.expects === "array" || type.expects === "any")) {
    return expression.elements.map((item) => ({ expression: item, type: element }));
  }
  if (expression.kind === "object" && (type.expects === "object" || type.expects === "any")) {
    return expression.fields.map(({ value }) => ({ expression: value, type: element }));
  }
  return undefined;
}

function checkLeaf({ expression, type }: Task, source: Source): readonly Diagnostic[] {
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
  const pending: Expression[] = [expression];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.kind === "identifier") return false;
    pending.push(...operandsOf(next));
  }
  return true;
}
