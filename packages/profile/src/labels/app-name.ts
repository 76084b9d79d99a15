import { Labels } from "./labels.ts";
import { labelNameProblem, serviceNameProblem } from "./validate.ts";

/** Either the labels, with the application as `__name__`, or why the text is no application name. */
export type AppName = { readonly labels: Labels; readonly error?: never } | { readonly labels?: never; readonly error: string };

/**
 * Reads `app{key=value,key=value}`, the `name` parameter of `/ingest`.
 *
 * As lenient as the Pyroscope server: spaces around tokens, no braces, text after the last `}`, a key without `=` before `}` and a value that nothing
 * closes are taken and ignored. Values cannot hold `,` or `}`: the form has no quoting. A key `__name__` replaces the application.
 */
export function parseAppName(text: string): AppName {
  const brace = text.indexOf("{");
  const app = (brace < 0 ? text : text.slice(0, brace)).trim();
  const problem = serviceNameProblem(app);
  if (problem !== undefined) return { error: problem };
  const entries: [string, string][] = [["__name__", app]];
  for (let at = brace < 0 ? text.length : brace + 1; at < text.length;) {
    const equals = indexOfAny(text, "=}", at);
    if (text[equals] !== "=") break;
    const end = indexOfAny(text, ",}", equals + 1);
    if (end === text.length) break;
    const key = text.slice(at, equals).trim();
    const problem = labelNameProblem(key);
    if (problem !== undefined) return { error: problem };
    entries.push([key, text.slice(equals + 1, end).trim()]);
    at = end + 1;
  }
  return { labels: Labels.of(entries) };
}

/** The inverse: `__name__`, then the other labels by name in braces. Values with `,` or `}` are damaged on the way, which only the protocol could mend. */
export function formatAppName(labels: Labels): string {
  const others = [...labels].filter(([name]) => name !== "__name__").map(([name, value]) => `${name}=${value}`);
  return `${labels.get("__name__")}{${others.join(",")}}`;
}

function indexOfAny(text: string, characters: string, from: number): number {
  let at = from;
  while (at < text.length && !characters.includes(text.charAt(at))) at += 1;
  return at;
}
