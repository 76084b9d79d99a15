import type { LogFields, LogLevel, LogValue } from "../component/logger.ts";

/** One line of the log before it is written. */
export interface LogRecord {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly level: LogLevel;
  /** Left out of the line when empty. */
  readonly message: string;
  /** In the order in which they are written; fields without a value (undefined) are left out. */
  readonly fields: readonly LogField[];
}

export type LogField = readonly [key: string, value: LogValue];

export type LogFormat = "logfmt" | "json";

const order: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export function isAtLeast(level: LogLevel, minimum: LogLevel): boolean {
  return order[level] >= order[minimum];
}

export function fieldsOf(fields: LogFields | undefined): readonly LogField[] {
  return fields === undefined ? [] : Object.entries(fields).filter(([, value]) => value !== undefined);
}

/** RFC 3339 in UTC, zeros at the end of the fraction left out, as both formats write `ts`. */
export function formatTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.?0*Z$/, "Z");
}
