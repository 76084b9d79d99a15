import { quote } from "@flameline/syntax";
import type { LogValue } from "../component/logger.ts";
import { LogDuration } from "../component/logger.ts";
import { formatDuration } from "../schema/duration-text.ts";
import type { LogRecord } from "./record.ts";
import { formatTime } from "./record.ts";

/** What stands in a line as it is: printable, without blank, `=` and `"`. A backslash is no reason to quote. */
const plain = /^(?:(?![="])[\p{L}\p{M}\p{N}\p{P}\p{S}])+$/u;
const unfitForKey = /[\s="\p{Cc}]/gu;

/** One line without its newline: `ts=… level=info msg="two words" key=value`. */
export function formatLogfmt({ time, level, message, fields }: LogRecord): string {
  const parts = [`ts=${formatTime(time)}`, `level=${level}`];
  if (message !== "") parts.push(`msg=${quoteIfNeeded(message)}`);
  for (const [key, value] of fields) parts.push(`${key.replace(unfitForKey, "_")}=${quoteIfNeeded(textOf(value))}`);
  return parts.join(" ");
}

function textOf(value: LogValue): string {
  if (value instanceof Error) return value.message;
  return value instanceof LogDuration ? formatDuration(value.milliseconds) : String(value);
}

function quoteIfNeeded(text: string): string {
  return plain.test(text) ? text : quote(text);
}
