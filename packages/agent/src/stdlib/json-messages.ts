import { quote } from "@flameline/syntax";
import { type Value, ValueError } from "../schema/index.ts";
import { type JsonProblem, JsonReader, JsonSyntaxError } from "./json-reader.ts";

const decodeContexts: Readonly<Record<JsonProblem, string>> = {
  end: "",
  value: "looking for beginning of value",
  literal: "in literal",
  number: "in numeric literal",
  fraction: "after decimal point in numeric literal",
  exponent: "in exponent of numeric literal",
  string: "in string literal",
  escape: "in string escape code",
  unicode: "in \\u hexadecimal character escape",
  key: "looking for beginning of object key string",
  "next key": "looking for beginning of object key string",
  colon: "after object key",
  "object comma": "after object key:value pair",
  "array comma": "after array element",
  trailing: "after top-level value",
};

/** JSON as `encoding.from_json` reads it: all numbers are float64. */
export function decodeJson(text: string): Value {
  return readJson(text, false, ({ problem, offset, expected }) => {
    if (problem === "end") return "unexpected end of JSON input";
    const context = expected === undefined ? decodeContexts[problem] : `in literal ${expected[0]} (expecting '${expected[1]}')`;
    return `invalid character ${quoteCharacter(text, offset)} ${context}`;
  });
}

/** JSON as `json_path` reads it: whole numbers are int64. */
export function readQueriedJson(text: string): Value {
  return readJson(text, true, ({ problem, offset }) => {
    const before = text.slice(0, offset).split("\n");
    const place = `${before.length}:${(before.at(-1) ?? "").length + 1}`;
    const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
    return `${describeForQuery(problem, character)} at ${place}`;
  });
}

function readJson(text: string, exact: boolean, describe: (error: JsonSyntaxError) => string): Value {
  try {
    return new JsonReader(text, { exact }).read();
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new ValueError(describe(error));
    throw error;
  }
}

function quoteCharacter(text: string, offset: number): string {
  const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  if (character === "'") return "'\\''";
  return character === '"' ? "'\"'" : `'${quote(character).slice(1, -1)}'`;
}

function describeForQuery(problem: JsonProblem, character: string): string {
  switch (problem) {
    case "end":
      return "incomplete JSON";
    case "key":
      return `expected a string start or object close, not '${character}'`;
    case "next key":
      return `expected a string start, not '${character}'`;
    case "colon":
      return `expected a colon, not '${character}'`;
    case "object comma":
    case "array comma":
      return `expected a comma or close, not '${character}'`;
    case "trailing":
      return `extra characters after close, '${character}'`;
    case "number":
    case "fraction":
    case "exponent":
      return "invalid number";
    case "escape":
      return `invalid JSON escape character '\\${character}'`;
    case "string":
      return `invalid JSON character 0x${(character.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}`;
    default:
      return `unexpected character '${character}'`;
  }
}
