import { type BinaryOperator, normalizeText, type UnaryOperator } from "@flameline/syntax";
import { calculate, compareNumbers, negate } from "./arithmetic.ts";
import { compareTexts } from "./compare-texts.ts";
import { type Equality, equalBy, isNumeric } from "./equal.ts";
import { MismatchError } from "./mismatch-error.ts";
import type { Numeric } from "./number-text.ts";
import { OptionalSecret, revealed, Secret } from "./secret.ts";
import { Capsule, kindOf, type Value, ValueError, type ValueKind } from "./value.ts";

/** Applies an operator to one value; what is wrong is blamed on argument 0. */
export function applyUnary(operator: UnaryOperator, value: Value): Value {
  if (operator === "!") {
    if (typeof value !== "boolean") throw new MismatchError("bool", value, [], 0);
    return !value;
  }
  if (!isNumeric(value)) throw new MismatchError("number", value, [], 0);
  return negate(value);
}

/** Applies an operator to two values, both of which were evaluated; what is wrong is blamed on argument 0 (left) or 1 (right). */
export function applyBinary(operator: BinaryOperator, left: Value, right: Value): Value {
  switch (operator) {
    case "==":
      return equalBy(languageEquality, left, right);
    case "!=":
      return !equalBy(languageEquality, left, right);
    case "||":
    case "&&":
      return applyLogical(operator, left, right);
    case "<":
    case "<=":
    case ">":
    case ">=":
      return applyOrder(operator, left, right);
    default:
      return applyArithmetic(operator, left, right);
  }
}

/** The language's `==`: values of different types are not equal, numbers compare after promotion, functions are never equal, capsules know by themselves. */
const languageEquality: Equality = {
  numbers: (left, right) => compareNumbers(left, right) === 0,
  functions: () => false,
  capsules: (left, right) => left.equals(right),
};

function applyLogical(operator: "||" | "&&", left: Value, right: Value): boolean {
  requireKinds(operator, ["bool"], left, right);
  return operator === "||" ? left === true || right === true : left === true && right === true;
}

function applyOrder(operator: "<" | "<=" | ">" | ">=", left: Value, right: Value): boolean {
  requireKinds(operator, ["number", "string"], left, right);
  const order = typeof left === "string" && typeof right === "string" ? compareTexts(left, right) : compareNumeric(left, right);
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    default:
      return order >= 0;
  }
}

function compareNumeric(left: Value, right: Value): number {
  const [a, b] = sameKind(left, right);
  return compareNumbers(a, b);
}

/** Narrows two values of which the kinds were checked to be numbers unless they differ. */
function sameKind(left: Value, right: Value): readonly [Numeric, Numeric] {
  if (isNumeric(left) && isNumeric(right)) return [left, right];
  throw new MismatchError(kindOf(left), right, [], 1);
}

function applyArithmetic(operator: "+" | "-" | "*" | "/" | "%" | "^", left: Value, right: Value): Value {
  if (operator !== "+") {
    requireKinds(operator, ["number"], left, right);
    return calculate(operator, ...sameKind(left, right));
  }
  requireKinds(operator, ["number", "string", "capsule"], left, right);
  if (typeof left === "string" && typeof right === "string") return normalizeText(left + right);
  if (left instanceof Capsule || right instanceof Capsule) return joinSecrets(left, right);
  return calculate(operator, ...sameKind(left, right));
}

/** A secret stays one, whatever is joined to it. */
function joinSecrets(left: Value, right: Value): Value {
  [left, right].forEach((value, operand) => {
    if (!(value instanceof Capsule) || value instanceof Secret || value instanceof OptionalSecret) return;
    throw new ValueError(`should be one of [number string capsule] for binop +, got ${kindOf(value)}`, [], operand);
  });
  const leftText = revealed(left);
  const rightText = revealed(right);
  if (leftText === undefined || rightText === undefined) throw new MismatchError(kindOf(left), right, [], 1);
  const text = normalizeText(leftText + rightText);
  if (left instanceof Secret || right instanceof Secret) return new Secret(text);
  const flagged = [left, right].some((value) => value instanceof OptionalSecret && value.isSecret);
  return flagged ? new OptionalSecret(text, true) : text;
}

function requireKinds(operator: BinaryOperator, kinds: readonly ValueKind[], ...operands: readonly Value[]): void {
  operands.forEach((value, operand) => {
    if (kinds.includes(kindOf(value))) return;
    throw new ValueError(`should be one of [${kinds.join(" ")}] for binop ${operator}, got ${kindOf(value)}`, [], operand);
  });
}
