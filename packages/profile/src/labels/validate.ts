import { quoteCharacter } from "../text/quote.ts";

/**
 * Why a backend would refuse these labels; undefined when they are fit to be sent. Texts are the reference's, to be put after
 * `invalid labels in profile: `. Entries must be sorted: a duplicate is found as a neighbour.
 */
export function validateLabels(labels: Iterable<readonly [name: string, value: string]>): string | undefined {
  let last: string | undefined;
  for (const [name, value] of labels) {
    if (name === last) return `duplicate label name: ${name}`;
    if (!value.isWellFormed()) return `invalid label value for ${name}: ${value}`;
    const problem = name === "__name__" ? undefined : labelNameProblem(name);
    if (problem !== undefined) return `invalid label name: ${problem}`;
    last = name;
  }
  return last === undefined ? "service name is required" : undefined;
}

/** Why a label cannot have this name; undefined when it can. Pyroscope takes dots and a leading digit. */
export function labelNameProblem(name: string): string | undefined {
  if (name === "") return "label name is required";
  const bad = /[^A-Za-z0-9_.]/u.exec(name);
  return bad === null ? undefined : `invalid label name: ${name}: character is not allowed: ${quoteCharacter(bad[0])}`;
}

/** Why an application cannot have this name; undefined when it can. */
export function serviceNameProblem(name: string): string | undefined {
  if (name === "") return "service name is required";
  const bad = /[^A-Za-z0-9_.\-/]/u.exec(name);
  return bad === null ? undefined : `invalid service name: ${name}: character is not allowed: ${quoteCharacter(bad[0])}`;
}
