import type { BinaryOperator } from "./ast.ts";

export type Punctuation = BinaryOperator | "!" | "=" | "{" | "}" | "(" | ")" | "[" | "]" | "," | ".";

/** Kinds are spelled as they stand in error messages. */
export type TokenKind =
  | "ILLEGAL"
  | "EOF"
  | "COMMENT"
  | "IDENT"
  | "NUMBER"
  | "FLOAT"
  | "STRING"
  | "BOOL"
  | "NULL"
  | "TERMINATOR"
  | Punctuation;

export interface Token {
  readonly kind: TokenKind;
  /** As written, but without the carriage returns of raw strings and comments. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Words that are literals and therefore no identifiers. */
export const keywords: ReadonlyMap<string, "BOOL" | "NULL"> = new Map([
  ["true", "BOOL"],
  ["false", "BOOL"],
  ["null", "NULL"],
]);

export const punctuation: ReadonlyMap<string, Punctuation> = new Map(
  ([..."!=<>+-*/%^{}()[],.".split(""), "||", "&&", "==", "!=", "<=", ">="] as Punctuation[]).map((text) => [text, text]),
);

/** A newline after one of these ends the statement. */
export const statementEnders: ReadonlySet<TokenKind> = new Set<TokenKind>([
  "IDENT",
  "NUMBER",
  "FLOAT",
  "STRING",
  "BOOL",
  "NULL",
  ")",
  "]",
  "}",
]);

const levels: readonly (readonly BinaryOperator[])[] = [
  ["||"],
  ["&&"],
  ["==", "!=", "<", "<=", ">", ">="],
  ["+", "-"],
  ["*", "/", "%"],
  ["^"],
];
const precedences: ReadonlyMap<TokenKind, number> = new Map(
  levels.flatMap((level, index) => level.map((operator) => [operator, index + 1])),
);

/** How tightly a binary operator binds, from 1 (`||`) to 6 (`^`); 0 for all other tokens. */
export function precedenceOf(kind: TokenKind): number {
  return precedences.get(kind) ?? 0;
}

export function isBinaryOperator(kind: TokenKind): kind is BinaryOperator {
  return precedences.has(kind);
}
