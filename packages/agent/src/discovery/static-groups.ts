import { Labels } from "@flameline/profile";
import { kindOf, type Value } from "../schema/index.ts";
import { decodeJson } from "../stdlib/json-messages.ts";
import { decodeYaml } from "../stdlib/yaml/from-yaml.ts";

/** Targets with the labels that they share, as files and HTTP servers list them. */
export interface StaticGroup {
  /** Addresses. */
  readonly targets: readonly string[];
  readonly labels: ReadonlyMap<string, string>;
}

/** Most targets that one list may hold: a list that never ends must not take the memory. */
export const maxListedTargets = 200_000;

/** `[{"targets": ["host:port"], "labels": {"name": "value"}}]`. Throws for anything else, with the reference's text where it has one. */
export function readJsonGroups(body: Uint8Array): readonly StaticGroup[] {
  const text = new TextDecoder().decode(body);
  return readGroups(parseJson(text), "json");
}

/** The same list as YAML; an empty text is an empty list. Throws for anything else. */
export function readYamlGroups(text: string): readonly StaticGroup[] {
  return readGroups(decodeYaml(text, { scalars: "text" }), "yaml");
}

/** The labels of each target: its address, those of the group, and one that says where the group comes from, in rising order of precedence. */
export function groupTargets({ targets, labels }: StaticGroup, origin: readonly [name: string, value: string]): readonly Labels[] {
  const shared = [...labels, origin];
  // The last of equal names wins.
  return targets.map((address) => Labels.of([...shared, ["__address__", address]]));
}

type Format = "json" | "yaml";

/** Node's parser is fast, ours says what is wrong as the reference does. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return decodeJson(text);
  }
}

function readGroups(list: unknown, format: Format): readonly StaticGroup[] {
  if (list === null) return [];
  if (!Array.isArray(list)) throw mismatch(list, format, "a list of target groups");
  let count = 0;
  return (list as readonly unknown[]).map((item) => {
    if (item === null) throw new Error("nil target group item found");
    const group = readGroup(item, format);
    count += group.targets.length;
    if (count > maxListedTargets) throw new Error(`the list holds more than ${maxListedTargets} targets`);
    return group;
  });
}

function readGroup(item: unknown, format: Format): StaticGroup {
  let targets: readonly string[] = [];
  let labels: ReadonlyMap<string, string> = new Map();
  for (const [key, value] of membersOf(item, format)) {
    // Go's JSON reader does not mind the case of keys.
    const name = format === "json" ? key.toLowerCase() : key;
    if (name === "targets") targets = readTargets(value, format);
    else if (name === "labels") labels = readLabels(value, format);
    else throw new Error(`${format}: unknown field ${JSON.stringify(key)}`);
  }
  return { targets, labels };
}

function readTargets(value: unknown, format: Format): readonly string[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw mismatch(value, format, "the list targets");
  return (value as readonly unknown[]).map((address) => readText(address, format, "an address in targets"));
}

function readLabels(value: unknown, format: Format): ReadonlyMap<string, string> {
  if (value === null) return new Map();
  return new Map(
    membersOf(value, format).map(([name, text]) => {
      if (name === "" || !name.isWellFormed()) throw new Error(`${JSON.stringify(name)} is not a valid label name`);
      return [name, readText(text, format, `label ${JSON.stringify(name)}`)];
    }),
  );
}

function readText(value: unknown, format: Format, what: string): string {
  if (value === null) return "";
  if (typeof value !== "string") throw mismatch(value, format, what);
  // A JSON escape can make half a character, which our texts would take for a byte.
  return value.toWellFormed();
}

function membersOf(value: unknown, format: Format): readonly (readonly [string, unknown])[] {
  if (value instanceof Map) return [...(value as ReadonlyMap<string, unknown>)];
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw mismatch(value, format, "an object");
  return Object.entries(value);
}

function mismatch(value: unknown, format: Format, wanted: string): Error {
  return new Error(`${format}: cannot unmarshal ${kindOf(value as Value)} into ${wanted}`);
}
