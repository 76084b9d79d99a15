import type { Diagnostic } from "@flameline/syntax";
import { Source } from "@flameline/syntax";
import type { ComponentSource, LogFields, LogLevel, Logger, Services } from "../../component/index.ts";
import { OwnAddresses } from "../../component/index.ts";
import { MetricsRegistry } from "../../metrics/registry.ts";
import { importKinds } from "../../imports/index.ts";
import type { ApiValue } from "../../schema/index.ts";
import { createStandardLibrary } from "../../stdlib/index.ts";
import type { ComponentJson } from "../inspect/inspector.ts";
import { Journeys } from "../journey/journeys.ts";
import type { RuntimeOptions } from "../options.ts";
import { Runtime } from "../runtime.ts";
import { toySources } from "./toy-components.ts";

interface LogRecord {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

/** Keeps what is logged. */
class CollectedLog implements Logger {
  readonly records: LogRecord[];
  readonly #fields: LogFields;

  constructor(records: LogRecord[] = [], fields: LogFields = {}) {
    this.records = records;
    this.#fields = fields;
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#write("debug", message, fields);
  }

  info(message: string, fields: LogFields = {}): void {
    this.#write("info", message, fields);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#write("warn", message, fields);
  }

  error(message: string, fields: LogFields = {}): void {
    this.#write("error", message, fields);
  }

  enabled(): boolean {
    return true;
  }

  with(fields: LogFields): Logger {
    return new CollectedLog(this.records, { ...this.#fields, ...fields });
  }

  #write(level: LogLevel, message: string, fields: LogFields): void {
    this.records.push({ level, message, fields: { ...this.#fields, ...fields } });
  }
}

const componentServices: Services = {
  identity: { uid: "test", version: "v0.0.0", userAgent: "test", listenAddress: "127.0.0.1:0" },
  cluster: { owns: () => true },
  ownAddresses: new OwnAddresses(),
  journey: new Journeys(),
  queueByDefault: false,
};

/** A runtime in a program of its own, with toy components unless told otherwise. */
export class TestProgram {
  readonly runtime: Runtime;
  readonly metrics: MetricsRegistry = new MetricsRegistry();
  readonly options: RuntimeOptions;
  readonly log: readonly LogRecord[];
  #running: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;

  constructor(options: Partial<RuntimeOptions> & { readonly components?: ReadonlyMap<string, ComponentSource> } = {}) {
    const log = new CollectedLog();
    this.log = log.records;
    this.options = {
      components: toySources,
      services: [],
      configBlocks: [],
      imports: importKinds,
      standardLibrary: createStandardLibrary({ version: "v0.0.0" }),
      stability: "public-preview",
      communityComponents: false,
      log,
      metrics: this.metrics.scope(),
      componentServices,
      storagePath: "/nonexistent",
      shutdownDeadlineMs: 0,
      modulePath: "/etc/test",
      ...options,
    };
    this.runtime = new Runtime(this.options);
  }

  /** Loads one file, or several by name. */
  async diagnose(config: string | Readonly<Record<string, string>>): Promise<readonly Diagnostic[]> {
    const { diagnostics } = await this.runtime.load(sourcesFrom(config));
    return diagnostics;
  }

  /** The same, with the short forms of what is wrong. */
  async load(config: string | Readonly<Record<string, string>>): Promise<readonly string[]> {
    return shortForms(await this.diagnose(config));
  }

  start(): void {
    const abort = new AbortController();
    this.#running = { abort, done: this.runtime.run(abort.signal) };
  }

  async stop(): Promise<void> {
    this.#running?.abort.abort();
    await this.#running?.done;
  }

  component(id: string): ComponentJson {
    const found = this.runtime.inspect.component(id);
    if (found === undefined) throw new Error(`no component ${id}`);
    return found;
  }

  exportsOf(id: string): Readonly<Record<string, unknown>> {
    return attributesOf(this.component(id).exports);
  }

  argumentsOf(id: string): Readonly<Record<string, unknown>> {
    return attributesOf(this.component(id).arguments);
  }

  debugInfoOf(id: string): Readonly<Record<string, unknown>> {
    return attributesOf(this.component(id).debugInfo);
  }

  /** The value of the series, written as it stands in the metrics. */
  metric(series: string): string | undefined {
    const line = this.metrics
      .render()
      .split("\n")
      .find((candidate) => candidate.startsWith(`${series} `));
    return line?.slice(series.length + 1);
  }

  messages(level: LogLevel): readonly string[] {
    return this.log.filter((record) => record.level === level).map(({ message }) => message);
  }
}

export function sourcesFrom(config: string | Readonly<Record<string, string>>): readonly Source[] {
  const files = typeof config === "string" ? { "config.alloy": config } : config;
  return Object.entries(files).map(([name, text]) => new Source(name, text));
}

/** `line:column: message` of each. */
export function shortForms(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map(({ source, range, message }) => {
    if (source === undefined || range === undefined) return `-: ${message}`;
    const { line, column } = source.position(range.start);
    return `${line}:${column}: ${message}`;
  });
}

/** The stretch of text that each diagnostic marks. */
export function marked(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map(({ source, range }) => source?.text.slice(range?.start ?? 0, range?.end ?? 0) ?? "");
}

function attributesOf(statements: ComponentJson["exports"]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    statements.flatMap((statement) => (statement.type === "attr" ? [[statement.name, plain(statement.value)]] : [])),
  );
}

function plain(value: ApiValue): unknown {
  if (value.type === "array") return value.value.map(plain);
  if (value.type === "object") return Object.fromEntries(value.value.map(({ key, value: member }) => [key, plain(member)]));
  return value.value;
}
