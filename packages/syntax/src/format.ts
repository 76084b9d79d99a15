import type { Expression } from "./ast.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { Layout } from "./layout.ts";
import { parse } from "./parse.ts";
import { Printer } from "./printer.ts";
import type { Source } from "./source.ts";

export interface FormattedText {
  /** Ends with exactly one newline. Undefined when the source has errors. */
  readonly text: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Formats a configuration. The meaning and all comments are kept, and formatting the outcome again changes nothing. */
export function format(source: Source): FormattedText {
  const { file, diagnostics } = parse(source);
  if (file === undefined) return { text: undefined, diagnostics };
  const layout = new Layout(source, file.comments);
  new Printer(layout, source).statements(file.body);
  return { text: `${layout.finish()}\n`, diagnostics };
}

/** An expression as {@link format} prints it, without its comments; may have several lines. `source` is the one it was parsed from. */
export function formatExpression(expression: Expression, source: Source): string {
  const layout = new Layout(source, []);
  new Printer(layout, source).expression(expression);
  return layout.finish();
}
