import type { Diagnostic } from "@flameline/syntax";
import { summarize } from "@flameline/syntax";
import type { ConfigSources, Runtime } from "../../runtime/index.ts";
import { ConfigPathError, readSources } from "../../runtime/index.ts";
import type { ConfigMetrics } from "./config-metrics.ts";

/**
 * How a load went: all good; the files could not be read; they have syntax errors; or what they say could not be put in force.
 */
export type LoadOutcome =
  | { readonly kind: "loaded" }
  | { readonly kind: "unreadable"; readonly text: string }
  | { readonly kind: "malformed"; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: "rejected"; readonly diagnostics: readonly Diagnostic[] };

/** Brings the configuration at a path into the runtime, at the start and whenever it is asked to again. */
export class ConfigLoader {
  readonly #path: string;
  readonly #runtime: Runtime;
  readonly #metrics: ConfigMetrics;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, runtime: Runtime, metrics: ConfigMetrics) {
    this.#path = path;
    this.#runtime = runtime;
    this.#metrics = metrics;
  }

  /** Loads what stands at the path now. Loads run one after the other. */
  load(): Promise<LoadOutcome> {
    const outcome = this.#last.then(() => this.#load());
    this.#last = outcome.catch(() => {});
    return outcome;
  }

  /** Why a reload failed, in one line; undefined when it was good. The text speaks of an initial load as in the reference, which scripts look for. */
  reasonOf(outcome: LoadOutcome): string | undefined {
    if (outcome.kind === "loaded") return undefined;
    if (outcome.kind === "unreadable") return outcome.text;
    const step = outcome.kind === "malformed" ? `reading config path ${JSON.stringify(this.#path)}` : "error during the initial load";
    return `${step}: ${summarize(outcome.diagnostics)}`;
  }

  async #load(): Promise<LoadOutcome> {
    const read = await this.#read();
    const outcome = "kind" in read ? read : await this.#apply(read);
    if (outcome.kind === "loaded" && "sources" in read) this.#metrics.loaded(read.sources);
    else this.#metrics.failed();
    return outcome;
  }

  async #read(): Promise<ConfigSources | LoadOutcome> {
    try {
      return await readSources(this.#path);
    } catch (error) {
      if (!(error instanceof ConfigPathError)) throw error;
      return { kind: "unreadable", text: error.message };
    }
  }

  async #apply(read: ConfigSources): Promise<LoadOutcome> {
    if (read.diagnostics.length > 0) return { kind: "malformed", diagnostics: read.diagnostics };
    const { diagnostics } = await this.#runtime.load(read.sources);
    return diagnostics.length === 0 ? { kind: "loaded" } : { kind: "rejected", diagnostics };
  }
}
