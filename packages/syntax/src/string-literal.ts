import { isPrintable } from "./character.ts";
import { readEscape } from "./escape.ts";
import { normalizeText } from "./text.ts";

const named: ReadonlyMap<string, string> = new Map([
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\v", "\\v"],
  ["\\", "\\\\"],
  ['"', '\\"'],
]);
const plain = /^[ !#-[\]-~]*$/;

/**
 * The text that a string literal stands for. The literal must be one that the lexer accepts: `"…"` with escapes, or a raw string between
 * backticks, whose carriage returns do not count.
 */
export function unquote(raw: string): string {
  const text = decodeLiteral(raw);
  if (text === undefined) throw new Error(`not a valid string literal: ${raw}`);
  return text;
}

/** Like {@link unquote} for any STRING token: undefined when an escape in it is wrong. */
export function decodeLiteral(raw: string): string | undefined {
  const body = raw.slice(1, -1);
  if (raw.startsWith("`")) return body.replaceAll("\r", "");
  let escape = body.indexOf("\\");
  if (escape < 0) return body;
  const parts: string[] = [];
  let at = 0;
  while (escape >= 0) {
    const read = readEscape(body, escape + 1);
    if ("problem" in read) return undefined;
    parts.push(body.slice(at, escape), read.text);
    at = read.end;
    escape = body.indexOf("\\", at);
  }
  parts.push(body.slice(at));
  // Escapes denote bytes: several of them may spell one character.
  return normalizeText(parts.join(""));
}

/** A double-quoted literal for the text, with the escapes that Go's `strconv.Quote` chooses. */
export function quote(text: string): string {
  if (plain.test(text)) return `"${text}"`;
  return `"${Array.from(text, quoteCharacter).join("")}"`;
}

function quoteCharacter(character: string): string {
  const short = named.get(character);
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`;
  if (isPrintable(character)) return character;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
}
