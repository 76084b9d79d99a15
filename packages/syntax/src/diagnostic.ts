import type { Range, Source } from "./source.ts";

export type Severity = "error" | "warning";

/** Something to say about a configuration. Bad input is reported as a list of these, never thrown. */
export interface Diagnostic {
  readonly severity: Severity;
  readonly message: string;
  /** Absent when the problem has no place, e.g. a cycle. */
  readonly source?: Source | undefined;
  readonly range?: Range | undefined;
  /** What the user can do about it; printed as a `hint: ` line below the diagnostic. Not part of the reference's text. */
  readonly hint?: string | undefined;
}

/** A node that knows where it stands, e.g. a statement. */
export interface Located extends Range {
  readonly source: Source;
}

export function errorAt(place: Located, message: string): Diagnostic {
  return { severity: "error", message, source: place.source, range: place };
}

/** `file:line:col`, or `-` when the diagnostic has no place. */
export function placeOf({ source, range }: Diagnostic): string {
  return source === undefined || range === undefined ? "-" : source.describe(range.start);
}

/** First diagnostic and how many follow, on one line, for logs and HTTP answers. Empty for an empty list. */
export function summarize(diagnostics: readonly Diagnostic[]): string {
  const [first] = diagnostics;
  if (first === undefined) return "";
  const text = `${placeOf(first)}: ${first.message}`;
  return diagnostics.length > 1 ? `${text} (and ${diagnostics.length - 1} more diagnostics)` : text;
}
