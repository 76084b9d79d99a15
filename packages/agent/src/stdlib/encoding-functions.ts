import { any, type FunctionValue, string } from "../schema/index.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { defineFunction } from "./define-function.ts";
import { decodeJson } from "./json-messages.ts";
import { encodeJson } from "./json-writer.ts";
import { escapeQuery, unescapeQuery } from "./url-escape.ts";
import { decodeYaml } from "./yaml/from-yaml.ts";

/** The functions of `encoding`. */
export const encodingFunctions: Readonly<Record<string, FunctionValue>> = {
  from_URLbase64: defineFunction("encoding.from_URLbase64", {
    parameters: [string],
    result: "bytes",
    call: ([text]) => decodeBase64(text, "base64url"),
  }),
  from_base64: defineFunction("encoding.from_base64", {
    parameters: [string],
    result: "bytes",
    call: ([text]) => decodeBase64(text, "base64"),
  }),
  from_json: defineFunction("encoding.from_json", { parameters: [string], result: "any", call: ([text]) => decodeJson(text) }),
  from_yaml: defineFunction("encoding.from_yaml", { parameters: [string], result: "any", call: ([text]) => decodeYaml(text) }),
  to_URLbase64: defineFunction("encoding.to_URLbase64", {
    parameters: [string],
    result: "string",
    call: ([text]) => encodeBase64(text, "base64url"),
  }),
  to_base64: defineFunction("encoding.to_base64", {
    parameters: [string],
    result: "string",
    call: ([text]) => encodeBase64(text, "base64"),
  }),
  to_json: defineFunction("encoding.to_json", { parameters: [any], result: "string", call: ([value]) => encodeJson(value) }),
  url_decode: defineFunction("encoding.url_decode", { parameters: [string], result: "string", call: ([text]) => unescapeQuery(text) }),
  url_encode: defineFunction("encoding.url_encode", { parameters: [string], result: "string", call: ([text]) => escapeQuery(text) }),
};
