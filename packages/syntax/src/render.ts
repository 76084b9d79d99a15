import type { Diagnostic } from "./diagnostic.ts";
import { placeOf } from "./diagnostic.ts";
import type { Range, Source } from "./source.ts";

export interface RenderOptions {
  /** Bold and coloured headers for terminals; the snippets stay plain. */
  readonly color?: boolean;
}

interface Snippet {
  readonly source: Source;
  /** 1-based; `lastLine` is at least `firstLine`. */
  readonly firstLine: number;
  readonly lastLine: number;
  readonly start: number;
  /** Offset of the last character that is meant, the start itself for a range without any. */
  readonly last: number;
}

const contextLines = 1;
const tabWidth = 4;
/** Longer lines are cut off: they would not be read, and a hundred errors in one huge line would fill the memory. */
const maxLineLength = 2000;
const reset = "\x1b[0m";
const headers = {
  error: { title: "Error: ", style: "\x1b[31;1m" },
  warning: { title: "Warning: ", style: "\x1b[33;1m" },
} as const;

/**
 * The diagnostics as people read them: a header each and, where the place is known, the lines around it with the range marked below. Diagnostics
 * are separated by an empty line; the text ends with a newline unless it is empty. Bytes that are no text show as U+FFFD.
 */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions = {}): string {
  return diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, options.color ?? false)).join("\n");
}

function renderDiagnostic(diagnostic: Diagnostic, color: boolean): string {
  const { source, range, hint } = diagnostic;
  const parts = [`${renderHeader(diagnostic, color)}\n`];
  if (source !== undefined && range !== undefined) parts.push("\n", renderSnippet(source, range));
  if (hint !== undefined) parts.push(`hint: ${hint}\n`);
  return parts.join("");
}

function renderHeader(diagnostic: Diagnostic, color: boolean): string {
  const { title, style } = headers[diagnostic.severity];
  const text = `${placeOf(diagnostic)}: ${diagnostic.message}`;
  return color ? `${style}${title}${reset}\x1b[1m${text}${reset}` : title + text;
}

function renderSnippet(source: Source, { start, end }: Range): string {
  const last = Math.max(start, end - 1);
  const snippet = { source, firstLine: source.lineOf(start), lastLine: source.lineOf(last), start, last };
  const shownFrom = Math.max(snippet.firstLine - contextLines, 1);
  const shownTo = Math.min(snippet.lastLine + contextLines, source.lineStarts.length);
  const width = String(shownTo).length;
  const rendered: string[] = [];
  for (let line = shownFrom; line <= shownTo; line += 1) {
    rendered.push(`${String(line).padStart(width)} | ${renderLine(snippet, line)}`);
    const marker = renderMarker(snippet, line);
    if (marker !== undefined) rendered.push(`${" ".repeat(width)} |${marker}`);
  }
  return rendered.map((line) => `${line}\n`).join("");
}

function renderLine({ source, firstLine, lastLine }: Snippet, line: number): string {
  const text = lineText(source, line)
    .toWellFormed()
    .replaceAll("\r", "")
    .replaceAll(/[\t\v]/g, " ".repeat(tabWidth));
  if (firstLine === lastLine) return text;
  return (line > firstLine && line <= lastLine ? "| " : "  ") + text;
}

/** What stands below a line, behind its margin. Ranges of several lines are drawn as a corner below the first and the last one. */
function renderMarker({ source, firstLine, lastLine, start, last }: Snippet, line: number): string | undefined {
  if (line !== firstLine && line !== lastLine) return undefined;
  const blank = firstLine === lastLine ? " " : "_";
  const corner = firstLine === lastLine ? " " : line === firstLine ? "  _" : " |_";
  let marker = corner;
  let offset = source.lineStarts[line - 1] ?? 0;
  for (const character of lineText(source, line)) {
    if (offset > last) break;
    if (character === "\t" || character === "\v") marker += blank.repeat(tabWidth);
    else marker += offset >= start ? "^" : blank;
    offset += character.length;
  }
  return marker;
}

function lineText(source: Source, line: number): string {
  const text = source.line(line);
  return text.length > maxLineLength ? `${text.slice(0, maxLineLength)}…` : text;
}
