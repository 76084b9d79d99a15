import { type Block, type Diagnostic, errorAt, type Statement } from "@flameline/syntax";
import { BodyShape, fieldOf } from "./body-shape.ts";
import { checkExpression, isConstant } from "./check-expression.ts";
import { BlockError, DiagnosticError } from "./config-error.ts";
import { decodeBody } from "./decode.ts";
import { anyBlock, type BlockDefinition } from "./fields.ts";
import { Scope } from "./scope.ts";

/**
 * What can be said about a block without evaluating references: all problems of its statements in source order, then required members that are missing, in
 * the order of the definition. A block of constants is decoded as well, so that its own rules are checked.
 */
export function checkBody<T>(definition: BlockDefinition<T>, block: Block): readonly Diagnostic[] {
  const shape = new BodyShape(anyBlock(definition), block.body);
  const problems = block.body.flatMap((statement) => {
    const problem = shape.problemOf(statement);
    return problem === undefined ? checkStatement(anyBlock(definition), statement) : [problem];
  });
  problems.push(...shape.missing().map((message) => errorAt(block, message)));
  return problems.length === 0 && block.body.every(isConstantStatement) ? checkRules(definition, block) : problems;
}

function checkStatement(definition: BlockDefinition<unknown>, statement: Statement): readonly Diagnostic[] {
  if (statement.kind === "attribute") {
    const field = fieldOf(definition, statement.name.name);
    const type = field?.field === "attribute" ? field.type : definition.rest;
    return type === undefined ? [] : checkExpression(statement.value, type, statement.source);
  }
  const field = fieldOf(definition, statement.name);
  return field?.field === "block" ? checkBody(field.block, statement) : [];
}

function isConstantStatement(statement: Statement): boolean {
  return statement.kind === "attribute" ? isConstant(statement.value) : statement.body.every(isConstantStatement);
}

function checkRules<T>(definition: BlockDefinition<T>, block: Block): readonly Diagnostic[] {
  try {
    decodeBody(definition, block.body, new Scope(new Map()));
    return [];
  } catch (error) {
    // What only evaluation can tell is not part of the static checks.
    if (error instanceof DiagnosticError) return [];
    if (error instanceof BlockError) return [errorAt(block, error.message)];
    throw error;
  }
}
