import { Source, parse } from "@flameline/syntax";
import type { BlockDefinition } from "../../schema/fields.ts";
import { decodeBody } from "../../schema/decode.ts";
import { Scope } from "../../schema/scope.ts";
import type { HttpClientArguments } from "../client/arguments.ts";
import { httpClientBlock } from "../client/arguments.ts";

/** The arguments that a configuration text stands for. Throws for a text that is refused. */
export function decodeText<T>(definition: BlockDefinition<T>, text: string): T {
  const { file, diagnostics } = parse(new Source("test", text));
  if (file === undefined) throw new Error(diagnostics[0]?.message);
  return decodeBody(definition, file.body, new Scope(new Map()));
}

/** The settings of an HTTP client as a component has them. */
export function clientArguments(text = ""): HttpClientArguments {
  return decodeText(httpClientBlock, text);
}
