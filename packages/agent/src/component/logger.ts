export type LogLevel = "debug" | "info" | "warn" | "error";

/** Errors print as their message, durations as `Duration` says; secrets as `(secret)`. */
export type LogValue = string | number | boolean | bigint | Error | LogDuration | null | undefined;

/** A duration in milliseconds: `1.234ms` in logfmt, integer nanoseconds in JSON. */
export class LogDuration {
  readonly milliseconds: number;

  constructor(milliseconds: number) {
    this.milliseconds = milliseconds;
  }
}

export type LogFields = Readonly<Record<string, LogValue>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Whether a line of this level would be written: ask before building costly fields. */
  enabled(level: LogLevel): boolean;
  /** A logger that puts these fields before those of each line. */
  with(fields: LogFields): Logger;
}
