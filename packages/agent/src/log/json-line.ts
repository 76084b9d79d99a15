import type { LogValue } from "../component/logger.ts";
import { LogDuration } from "../component/logger.ts";
import type { LogRecord } from "./record.ts";
import { formatTime } from "./record.ts";

/** One line without its newline: `{"ts":"…","level":"info","msg":"…","key":1}`, in that order. */
export function formatJson({ time, level, message, fields }: LogRecord): string {
  const members = [member("ts", formatTime(time)), member("level", level)];
  if (message !== "") members.push(member("msg", message));
  for (const [key, value] of fields) members.push(member(key, value));
  return `{${members.join(",")}}`;
}

function member(key: string, value: LogValue): string {
  return `${text(key)}:${jsonOf(value)}`;
}

function jsonOf(value: LogValue): string {
  switch (typeof value) {
    case "boolean":
    case "bigint":
      return String(value);
    case "number":
      return Number.isFinite(value) ? String(value) : text(String(value));
    case "string":
      return text(value);
    default:
      if (value instanceof LogDuration) return String(Math.round(value.milliseconds * 1e6));
      return value instanceof Error ? text(value.message) : "null";
  }
}

/** Bytes that are not UTF-8 become U+FFFD: JSON has no form for them. */
function text(value: string): string {
  return JSON.stringify(value.toWellFormed());
}
