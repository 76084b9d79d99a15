import { textFromBytes } from "@flameline/syntax";
import { MismatchError } from "../mismatch-error.ts";
import { formatNumber } from "../number-text.ts";
import { plainText } from "../secret.ts";
import type { Type } from "../type.ts";
import type { Value } from "../value.ts";
import { Uint64 } from "../value.ts";

/** A text. Numbers become their digits, byte arrays the text of their bytes; secrets are refused. */
export const string: Type<string> = {
  doc: "string",
  expects: "string",
  zero: () => "",
  decode: decodeText,
  encode: (value) => value,
};

/** @throws {@link MismatchError} for what has no text form; null is the empty text. */
export function decodeText(value: Value): string {
  if (value === null) return "";
  if (typeof value === "string") return value;
  if (typeof value === "bigint" || typeof value === "number" || value instanceof Uint64) return formatNumber(value);
  if (value instanceof Uint8Array) return textFromBytes(value);
  const text = plainText(value);
  if (text === undefined) throw new MismatchError("string", value);
  return text;
}
