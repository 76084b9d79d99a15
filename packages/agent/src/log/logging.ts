import type { LogFields, Logger, LogLevel } from "../component/logger.ts";
import { formatJson } from "./json-line.ts";
import { formatLogfmt } from "./logfmt.ts";
import type { LogField, LogFormat, LogRecord } from "./record.ts";
import { fieldsOf, isAtLeast } from "./record.ts";

/** How many records wait for the settings at most; with more the log starts with the default settings. */
export const earlyRecordLimit = 10_000;

export interface LogSettings {
  readonly level: LogLevel;
  readonly format: LogFormat;
}

const defaultLogSettings: LogSettings = { level: "info", format: "logfmt" };

/** Where formatted lines go. */
export interface LineSink {
  /** Takes or drops a line. A line that is taken after others were dropped has in front of it what `notice` says of their number. */
  offer(line: string, notice: (dropped: number) => string): void;
}

/**
 * The log of the program. Level and format stand in the configuration, so records are kept until {@link configure} is called for the first time and
 * are written then, with their own times.
 */
export class Logging {
  readonly logger: Logger;
  readonly #sink: LineSink;
  #settings: LogSettings | undefined;
  #early: LogRecord[] = [];

  constructor(sink: LineSink) {
    this.#sink = sink;
    this.logger = new FieldLogger(this, []);
  }

  /** Puts settings into force, for all loggers at once. */
  configure(settings: LogSettings): void {
    this.#settings = settings;
    const early = this.#early;
    this.#early = [];
    for (const record of early) this.#write(record, settings);
  }

  /** Gives up waiting for settings: what was kept is written with the default ones, but only complaints. Changes nothing when there are settings. */
  endEarly(): void {
    if (this.#settings === undefined) this.configure({ ...defaultLogSettings, level: "warn" });
  }

  /** @internal */
  enabled(level: LogLevel): boolean {
    return this.#settings === undefined || isAtLeast(level, this.#settings.level);
  }

  /** @internal */
  log(record: LogRecord): void {
    if (this.#settings !== undefined) return this.#write(record, this.#settings);
    this.#early.push(record);
    if (this.#early.length >= earlyRecordLimit) this.configure(defaultLogSettings);
  }

  #write(record: LogRecord, { level, format }: LogSettings): void {
    if (!isAtLeast(record.level, level)) return;
    const line = format === "json" ? formatJson : formatLogfmt;
    this.#sink.offer(`${line(record)}\n`, (dropped) => `${line(droppedRecord(record.time, dropped))}\n`);
  }
}

function droppedRecord(time: number, lines: number): LogRecord {
  return { time, level: "warn", message: "log lines were dropped because nothing read them", fields: [["lines", lines]] };
}

class FieldLogger implements Logger {
  readonly #logging: Logging;
  readonly #fields: readonly LogField[];

  constructor(logging: Logging, fields: readonly LogField[]) {
    this.#logging = logging;
    this.#fields = fields;
  }

  debug(message: string, fields?: LogFields): void {
    this.#log("debug", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log("error", message, fields);
  }

  enabled(level: LogLevel): boolean {
    return this.#logging.enabled(level);
  }

  with(fields: LogFields): Logger {
    return new FieldLogger(this.#logging, [...this.#fields, ...fieldsOf(fields)]);
  }

  #log(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (!this.#logging.enabled(level)) return;
    this.#logging.log({ time: Date.now(), level, message, fields: [...this.#fields, ...fieldsOf(fields)] });
  }
}
