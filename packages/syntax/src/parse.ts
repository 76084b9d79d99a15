import type { Expression, File } from "./ast.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { ExpressionParser } from "./expression-parser.ts";
import type { Source } from "./source.ts";
import { StatementParser } from "./statement-parser.ts";
import { TokenStream } from "./token-stream.ts";

export interface ParsedFile {
  /** Undefined when there is any error. */
  readonly file: File | undefined;
  /** In the order in which the errors were met. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface ParsedExpression {
  /** Undefined when there is any error. */
  readonly expression: Expression | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses a configuration. Never throws: all that is wrong with the text is in the diagnostics, at most {@link maxDiagnostics} of them. */
export function parse(source: Source): ParsedFile {
  const tokens = new TokenStream(source);
  const body = new StatementParser(tokens).parseBody("EOF");
  const { comments, diagnostics } = tokens;
  return { file: diagnostics.length === 0 ? { source, body, comments } : undefined, diagnostics };
}

/** Parses a text that is one expression, like the right side of an attribute. Never throws. */
export function parseExpression(source: Source): ParsedExpression {
  const tokens = new TokenStream(source);
  const statements = new StatementParser(tokens);
  const expression = new ExpressionParser(tokens, () => void statements.parseBody("}")).parse();
  tokens.expect("TERMINATOR");
  if (!tokens.at("EOF")) tokens.failHere(`expected EOF, got ${tokens.current.kind}`);
  const { diagnostics } = tokens;
  return { expression: diagnostics.length === 0 ? expression : undefined, diagnostics };
}
