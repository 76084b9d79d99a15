import { createRequire } from "node:module";
import type * as JsonPath from "jsonpath-rfc9535";
import { elementsOf, isNumeric, kindOf, Uint64, type Value, ValueError } from "../../schema/index.ts";
import { readQueriedJson } from "../json-messages.ts";
import { toStandardPath } from "./dialect.ts";

// Loaded on first use: few configurations query JSON.
const load = createRequire(import.meta.url);

/** Everything in a JSON text that a path leads to, in document order. */
export function queryJson(json: string, path: string): readonly Value[] {
  if (json.trim() === "" || path.trim() === "") return [];
  const document = readQueriedJson(json);
  const found: Value[] = [];
  const { exec } = load("jsonpath-rfc9535") as typeof JsonPath;
  try {
    // Positions instead of the values themselves: those in `document` have exact numbers.
    exec(toJson(document), toStandardPath(path), (_, position) => found.push(followPath(document, position)));
  } catch (error) {
    throw new ValueError(describe(error, path));
  }
  return found;
}

function describe(error: unknown, path: string): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.endsWith(` in ${path}`) ? message : `parse error in ${path}: ${message}`;
}

/** A value as the query engine knows it, with numbers as doubles. */
function toJson(value: Value): JsonPath.JsonValue {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (isNumeric(value)) return Number(value instanceof Uint64 ? value.value : value);
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, member]) => [key, toJson(member)]));
  return kindOf(value) === "array" ? elementsOf(value).map(toJson) : null;
}

function followPath(document: Value, path: readonly (string | number)[]): Value {
  return path.reduce<Value>((value, step) => {
    if (value instanceof Map) return (value as ReadonlyMap<string, Value>).get(typeof step === "string" ? plainKey(step) : "") ?? null;
    return elementsOf(value)[Number(step)] ?? null;
  }, document);
}

/** Keys come as in a normalized path (RFC 9535, 2.7): quotes, backslashes and control characters are escaped. */
function plainKey(key: string): string {
  return key.replace(/\\(?:u([0-9a-f]{4})|([^]))/g, (_, code: string | undefined, letter: string) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    return { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }[letter] ?? letter;
  });
}
