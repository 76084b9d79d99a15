import { FunctionValue } from "../packages/agent/src/schema/value.ts";
import type { Value } from "../packages/agent/src/schema/value.ts";
import { createStandardLibrary, deprecatedFunctions, featureOf } from "../packages/agent/src/stdlib/index.ts";

/** What a function does, in a line. Generating fails for one that is missing here. */
const docs: Readonly<Record<string, string>> = {
  "array.combine_maps":
    "Joins the maps of two lists where the named keys are equal; with `true` at the end, unmatched ones of the first list stay.",
  "array.concat": "All elements of the lists, in order.",
  "array.group_by": "Groups maps by the value of a key; `true` drops those without it.",
  coalesce: "The first argument that is not null, empty, zero or false; the last one when all are.",
  "convert.nonsensitive": "The text of a secret. What is made of it is shown and logged.",
  "encoding.from_URLbase64": "Bytes of a padded URL-safe base64 text.",
  "encoding.from_base64": "Bytes of a padded base64 text.",
  "encoding.from_json": "The value of a JSON text. Integers become float64.",
  "encoding.from_yaml": "The value of a YAML text.",
  "encoding.to_URLbase64": "URL-safe base64 with padding.",
  "encoding.to_base64": "Base64 with padding.",
  "encoding.to_json": "JSON of an object, with sorted keys. Refuses secrets.",
  "encoding.url_decode": "Undoes `url_encode`.",
  "encoding.url_encode": "Escapes a text for the query of a URL.",
  "file.path_join": "Joins and cleans the parts of a path.",
  json_path: "All matches of a JSONPath expression in a JSON text, as a list.",
  "string.format": "Go's `fmt.Sprintf`. Refuses secrets.",
  "string.join": "The texts of a list with a separator between them.",
  "string.replace": "Replaces all occurrences of a text.",
  "string.split": "The parts of a text between separators; with an empty separator its characters.",
  "string.to_lower": "Lower case.",
  "string.to_upper": "Upper case.",
  "string.trim": "Removes all characters of the second text from both ends.",
  "string.trim_prefix": "Removes a beginning.",
  "string.trim_space": "Removes white space from both ends.",
  "string.trim_suffix": "Removes an end.",
  "sys.env": "The value of an environment variable, empty when it is not set. Read at every evaluation.",
};

/** Every function of the standard library with its signature. */
export function functionsPage(): string {
  const library = createStandardLibrary({ version: "" });
  const current = [...library].filter(([name]) => !deprecatedFunctions.has(name));
  const rows = current.flatMap(([name, value]) => functionRows(name, value));
  const aliases = Array.from(deprecatedFunctions, (name) => {
    const value = library.get(name);
    return `- \`${name}\` is \`${value instanceof FunctionValue ? value.name : ""}\``;
  });
  return `# Functions

What configurations can use without defining it. A call that does not fit is an error of the configuration, with its place.

| function | |
|---|---|
${rows.join("\n")}

\`constants\` has the members \`hostname\`, \`os\`, \`arch\` and \`version\`.

## Deprecated names

They work and are logged once; \`flameline validate\` refuses them.

${aliases.join("\n")}
`;
}

function functionRows(name: string, value: Value): readonly string[] {
  if (value instanceof FunctionValue) {
    const stability = featureOf(value.name)?.stability ?? "generally-available";
    const doc = docs[value.name];
    if (doc === undefined) throw new Error(`the function ${value.name} has no line in tools/gen-reference-functions.ts`);
    const note = stability === "generally-available" ? "" : ` *${stability}*`;
    return [`| \`${value.name}${value.signature}\` | ${doc}${note} |`];
  }
  if (!(value instanceof Map) || name === "constants") return [];
  return [...(value as ReadonlyMap<string, Value>)].flatMap(([member, inner]) => functionRows(`${name}.${member}`, inner));
}
