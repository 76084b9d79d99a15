import type { Labels } from "@flameline/profile";
import { bytesFromText } from "@flameline/syntax";

/** Names and values of a query; the values of a name keep their order. */
export type QueryParameters = ReadonlyMap<string, readonly string[]>;

const parameterPrefix = "__param_";

/**
 * The query of a target: the configured parameters, with the first value of each one replaced by the label `__param_<name>`; such a label also adds
 * a parameter that is not configured.
 */
export function targetQuery(params: QueryParameters, labels: Labels): QueryParameters {
  const query = new Map([...params].filter(([, values]) => values.length > 0));
  for (const [label, value] of labels) {
    if (!label.startsWith(parameterPrefix)) continue;
    const name = label.slice(parameterPrefix.length);
    query.set(name, [value, ...(query.get(name) ?? []).slice(1)]);
  }
  return query;
}

/** `<__scheme__>://<__address__>` with the path of `__profile_path_prefix__` and `__profile_path__`, and the query. */
export function scrapeUrl(labels: Labels, query: QueryParameters): string {
  const path = escapePath(joinPath(labels.get("__profile_path_prefix__"), labels.get("__profile_path__")));
  const text = encodeQuery(query);
  return `${labels.get("__scheme__")}://${labels.get("__address__")}${path}${text === "" ? "" : `?${text}`}`;
}

/** Joins by single slashes, resolves `.` and `..`, begins with a slash and keeps a trailing one. */
export function joinPath(prefix: string, path: string): string {
  const segments: string[] = [];
  for (const segment of `${prefix}/${path}`.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  const joined = `/${segments.join("/")}`;
  return (path === "" ? prefix : path).endsWith("/") && segments.length > 0 ? `${joined}/` : joined;
}

/** Escapes as Go's url.URL does for a path: a `?` does not begin a query. What is already escaped (`%2F`) stays. */
export function escapePath(path: string): string {
  return percentEncode(path, /[\w.~$&+,/:;=@-]|%(?=[0-9A-Fa-f]{2})/u);
}

/** Form encoding with sorted names, as Go's url.Values.Encode. */
export function encodeQuery(query: QueryParameters): string {
  const names = [...query.keys()].sort();
  return names.flatMap((name) => (query.get(name) ?? []).map((value) => `${escapeForm(name)}=${escapeForm(value)}`)).join("&");
}

function escapeForm(text: string): string {
  return percentEncode(text, /[\w.~ -]/u).replaceAll(" ", "+");
}

/** Each byte of UTF-8 that does not belong to a `plain` character becomes `%XX`. */
function percentEncode(text: string, plain: RegExp): string {
  const sticky = new RegExp(plain.source, "uy");
  let result = "";
  for (let at = 0; at < text.length;) {
    sticky.lastIndex = at;
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    if (sticky.test(text)) result += character;
    else for (const byte of bytesFromText(character)) result += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    at += character.length;
  }
  return result;
}
