import { type Block, parse, parseExpression, renderDiagnostics, Source, type Statement } from "@flameline/syntax";
import { DiagnosticError } from "../config-error.ts";
import { decodeBody } from "../decode.ts";
import { evaluate } from "../evaluate.ts";
import type { BlockDefinition } from "../fields.ts";
import { Scope } from "../scope.ts";
import type { Value } from "../value.ts";

export type Names = Readonly<Record<string, Value>>;

/** The value of an expression in a scope with these names. */
export function valueOf(text: string, names: Names = {}): Value {
  const source = new Source("test.alloy", text);
  const { expression, diagnostics } = parseExpression(source);
  if (expression === undefined) throw new Error(renderDiagnostics(diagnostics));
  return evaluate(expression, scopeOf(names), source);
}

/** The statements of a configuration text. */
export function statementsOf(text: string): readonly Statement[] {
  const { file, diagnostics } = parse(new Source("test.alloy", text));
  if (file === undefined) throw new Error(renderDiagnostics(diagnostics));
  return file.body;
}

/** The block that a text consists of. */
export function blockOf(text: string): Block {
  const [statement] = statementsOf(text);
  if (statement?.kind !== "block") throw new Error("no block");
  return statement;
}

export function decodeText<T>(definition: BlockDefinition<T>, text: string, names: Names = {}): T {
  return decodeBody(definition, statementsOf(text), scopeOf(names));
}

export function scopeOf(names: Names): Scope {
  return new Scope(new Map(Object.entries(names)));
}

/** What `work` fails with: `line:column-column message` for a diagnostic with a place, columns as users see them and inclusive, else the message. */
export function failureOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return error.diagnostics
      .map(({ source, range, message }) => {
        if (source === undefined || range === undefined) return message;
        const start = source.position(range.start);
        return `${start.line}:${start.column}-${source.position(range.end).column - 1} ${message}`;
      })
      .join("\n");
  }
  return "no failure";
}
