import { env } from "node:process";
import { type FunctionValue, secret, string, type Value } from "../schema/index.ts";
import { arrayFunctions } from "./array-functions.ts";
import { coalesce } from "./coalesce.ts";
import { createConstants } from "./constants.ts";
import { defineFunction } from "./define-function.ts";
import { encodingFunctions } from "./encoding-functions.ts";
import { queryJson } from "./json-path/json-path.ts";
import { joinPath } from "./path-join.ts";
import { textFunctions } from "./text-functions.ts";

const sysEnv = defineFunction("sys.env", {
  parameters: [string],
  result: "string",
  // `constructor` and the like are no variables.
  call: ([name]) => (Object.hasOwn(env, name) ? (env[name] ?? "") : ""),
});
const nonsensitive = defineFunction("convert.nonsensitive", { parameters: [secret], result: "string", call: ([value]) => value.reveal() });
const pathJoin = defineFunction("file.path_join", { parameters: [], rest: string, result: "string", call: (_, parts) => joinPath(parts) });
const jsonPath = defineFunction("json_path", {
  parameters: [string, string],
  result: "list(any)",
  call: ([json, path]) => queryJson(json, path),
});

/** The former names of functions. They work, but are reported. */
const aliases: ReadonlyMap<string, FunctionValue | undefined> = new Map([
  ["env", sysEnv],
  ["nonsensitive", nonsensitive],
  ["concat", arrayFunctions["concat"]],
  ["json_decode", encodingFunctions["from_json"]],
  ["yaml_decode", encodingFunctions["from_yaml"]],
  ["base64_decode", encodingFunctions["from_base64"]],
  ...["format", "join", "replace", "split", "to_lower", "to_upper", "trim", "trim_prefix", "trim_suffix", "trim_space"].map(
    (name) => [name, textFunctions[name]] as const,
  ),
]);

/** Names whose use the reference warns of, and which its `validate` refuses. */
export const deprecatedFunctions: ReadonlySet<string> = new Set(aliases.keys());

export interface StandardLibraryOptions {
  /** This program's, for `constants.version`. */
  readonly version: string;
}

/** Everything that configurations can use without defining it. */
export function createStandardLibrary({ version }: StandardLibraryOptions): ReadonlyMap<string, Value> {
  const library = new Map<string, Value>([
    ["array", objectOf(arrayFunctions)],
    ["coalesce", coalesce],
    ["constants", createConstants(version)],
    ["convert", objectOf({ nonsensitive })],
    ["encoding", objectOf(encodingFunctions)],
    ["file", objectOf({ path_join: pathJoin })],
    ["json_path", jsonPath],
    ["string", objectOf(textFunctions)],
    ["sys", objectOf({ env: sysEnv })],
  ]);
  for (const [name, value] of aliases) library.set(name, value ?? null);
  return library;
}

function objectOf(members: Readonly<Record<string, Value>>): Value {
  return new Map(Object.entries(members));
}

/** The standard library of a program without version. */
export const standardLibrary: ReadonlyMap<string, Value> = createStandardLibrary({ version: "" });

/** What a use of a function asks of `--stability.level`. */
export interface Feature {
  readonly stability: "experimental" | "generally-available";
}

const experimental: ReadonlySet<string> = new Set(["array.combine_maps", "array.group_by"]);

/** The feature that a path such as `array.group_by` stands for; undefined when it is none that has to be allowed. */
export function featureOf(path: string): Feature | undefined {
  return experimental.has(path) ? { stability: "experimental" } : undefined;
}
