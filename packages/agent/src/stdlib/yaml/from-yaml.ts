import { createRequire } from "node:module";
import type * as Yaml from "yaml";
import { type Value, ValueError } from "../../schema/index.ts";
import { lineAt, NodeReader } from "./node-value.ts";

// Loaded on first use: few configurations read YAML.
const load = createRequire(import.meta.url);

/** Messages of the reference for the mistakes that people make. */
const messages: ReadonlyMap<string, string> = new Map([
  ["BLOCK_AS_IMPLICIT_KEY", "mapping values are not allowed in this context"],
  ["MULTILINE_IMPLICIT_KEY", "mapping values are not allowed in this context"],
  ["TAB_AS_INDENT", "found character that cannot start any token"],
  ["BAD_SCALAR_START", "found character that cannot start any token"],
  ["BAD_DQ_ESCAPE", "found unknown escape character"],
  ["RESOURCE_EXHAUSTION", "exceeded max depth"],
  ["MISSING_CHAR", "found unexpected end of stream"],
]);

export interface YamlOptions {
  /** `typed`: numbers, bools, times are what they look like. `text`: each is the text that is written, null apart. */
  readonly scalars?: "typed" | "text";
}

/**
 * The first document of a YAML text; null when there is none.
 *
 * @throws {@link ValueError} with the text of the reference for common mistakes.
 */
export function decodeYaml(text: string, { scalars = "typed" }: YamlOptions = {}): Value {
  const yaml = load("yaml") as typeof Yaml;
  const documents = yaml.parseAllDocuments(text, { schema: "failsafe", prettyErrors: false, uniqueKeys: false, logLevel: "silent" });
  const [document] = "empty" in documents ? [] : documents;
  if (document === undefined) return null;
  const problem = document.errors.find(({ code }) => code === "MULTILINE_IMPLICIT_KEY") ?? document.errors[0];
  if (problem !== undefined) {
    const line = lineAt(text, Math.max(problem.pos[1] - 1, 0));
    throw new ValueError(`yaml: ${line > 1 ? `line ${line}: ` : ""}${messages.get(problem.code) ?? problem.message}`);
  }
  return new NodeReader(yaml, text, scalars).read(document.contents);
}
