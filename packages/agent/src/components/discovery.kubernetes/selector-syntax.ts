/** Why a text is no field selector (`metadata.name=a,status.phase!=Running`); undefined when it is one. */
export function fieldSelectorProblem(text: string): string | undefined {
  const bad = text.split(/(?<!\\),/).find((term) => term.trim() !== "" && !/[^=!]=/.test(term) && !/[^=!]!=/.test(term));
  return bad === undefined ? undefined : `invalid selector: '${text}'; can't understand '${bad}'`;
}

const key = "(?:[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?";
const value = "(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?";
const requirement = new RegExp(
  `^\\s*(?:!\\s*${key}|${key}(?:\\s*(?:==|=|!=|>|<)\\s*${value}|\\s+(?:in|notin)\\s*\\(\\s*${value}(?:\\s*,\\s*${value})*\\s*\\))?)\\s*$`,
);

/** Why a text is no label selector (`app=a,tier in (x, y),!old`); undefined when it is one. */
export function labelSelectorProblem(text: string): string | undefined {
  if (text.trim() === "") return undefined;
  // Commas in brackets are between values.
  const bad = text.split(/,(?![^(]*\))/).find((term) => !requirement.test(term));
  return bad === undefined
    ? undefined
    : `unable to parse requirement: ${JSON.stringify(bad)} in the label selector ${JSON.stringify(text)}`;
}
