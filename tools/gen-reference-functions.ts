import { FunctionValue } from "../packages/agent/src/schema/value.ts";
import type { Value } from "../packages/agent/src/schema/value.ts";
import { createStandardLibrary, deprecatedFunctions, featureOf } from "../packages/agent/src/stdlib/index.ts";

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

| name | arguments and result | |
|---|---|---|
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
    return [
      `| \`${value.name}\` | \`${value.signature.replaceAll("|", "\\|")}\` | ${stability === "generally-available" ? "" : stability} |`,
    ];
  }
  if (!(value instanceof Map) || name === "constants") return [];
  return [...(value as ReadonlyMap<string, Value>)].flatMap(([member, inner]) => functionRows(`${name}.${member}`, inner));
}
