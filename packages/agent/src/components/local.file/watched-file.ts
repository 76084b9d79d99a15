import { textFromBytes } from "@flameline/syntax";
import type { ComponentContext, ComponentInstance, Gauge, Health } from "../../component/index.ts";
import { type Detector, PathWatch } from "../../files/path-watch.ts";
import { readLimited } from "../../files/read-limited.ts";
import { codeOf, systemMessage } from "../../http/errno.ts";
import { OptionalSecret } from "../../schema/index.ts";

export interface FileArguments {
  readonly filename: string;
  readonly detector: Detector;
  /** Milliseconds. */
  readonly poll_frequency: number;
  readonly is_secret: boolean;
}

type FileContext = ComponentContext<{ readonly content: OptionalSecret }>;

/** Most bytes of a file: its content becomes a value of the configuration. */
export const maxContentBytes: number = 16 * 1024 * 1024;

/** A file whose content is exported whenever it changes. */
export class WatchedFile implements ComponentInstance<FileArguments> {
  readonly #context: FileContext;
  readonly #accessed: Gauge;
  #args: FileArguments;
  #content: string | undefined;
  /** What it had before the last update. A configuration that is refused gives the same arguments back, perhaps when the file is gone. */
  #former: { readonly args: FileArguments; readonly content: string } | undefined;
  #health: Health | undefined;
  #watch: PathWatch | undefined;
  #running = false;

  private constructor(context: FileContext, args: FileArguments) {
    this.#context = context;
    this.#args = args;
    this.#accessed = context.metrics
      .gauge({ name: "local_file_timestamp_last_accessed_unix_seconds", help: "When the file was read last, in seconds since 1970." })
      .with({});
  }

  /** Throws when the file cannot be read. */
  static async open(context: FileContext, args: FileArguments): Promise<WatchedFile> {
    const file = new WatchedFile(context, args);
    await file.#apply(args);
    return file;
  }

  async update(args: FileArguments): Promise<void> {
    await this.#apply(args);
    if (this.#running) await this.#rewatch();
  }

  async run(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    this.#running = true;
    await this.#rewatch();
    await aborted;
    this.#running = false;
    await this.#watch?.close();
  }

  health(): Health | undefined {
    return this.#health;
  }

  async #apply(args: FileArguments): Promise<void> {
    if (args.poll_frequency <= 0) throw new Error("poll_frequency must be greater than 0");
    const known = this.#former?.args === args ? this.#former.content : undefined;
    let failure: unknown;
    const content = await this.#read(args.filename).catch((error: unknown) => {
      if (known === undefined) throw error;
      failure = error;
      return known;
    });
    if (this.#content !== undefined) this.#former = { args: this.#args, content: this.#content };
    this.#args = args;
    if (args.is_secret && content.endsWith("\n")) {
      const { filename } = args;
      this.#context.log.warn("the secret ends with a line break, which belongs to it: write the file without one", { filename });
    }
    this.#publish(content);
    if (failure !== undefined) this.#health = unhealthy(failure);
  }

  async #rewatch(): Promise<void> {
    await this.#watch?.close();
    const { filename: path, detector, poll_frequency: pollMs } = this.#args;
    // It may have been written since it was read and before it was watched.
    this.#watch = new PathWatch({ path, detector, pollMs, lookAtOnce: true, onChange: () => this.#refresh() });
  }

  async #refresh(): Promise<void> {
    const args = this.#args;
    try {
      const content = await this.#read(args.filename);
      if (args === this.#args) this.#publish(content);
    } catch (error) {
      this.#health = unhealthy(error);
    }
  }

  /** Throws with the reference's text. */
  async #read(filename: string): Promise<string> {
    try {
      const content = textFromBytes(await readLimited(filename, maxContentBytes));
      this.#accessed.set(Math.floor(Date.now() / 1000));
      return content;
    } catch (error) {
      const reason = codeOf(error) === undefined ? systemMessage(error) : `${actionOf(error)} ${filename}: ${systemMessage(error)}`;
      this.#context.log.error("failed to read file", { path: this.#context.dataPath, err: reason });
      throw new Error(`failed to read file: ${reason}`, { cause: error });
    }
  }

  #publish(content: string): void {
    if (content !== this.#content || this.#health?.state !== "healthy") this.#health = health("healthy", "read file");
    this.#content = content;
    this.#context.setExports({ content: new OptionalSecret(content, this.#args.is_secret) });
  }
}

function health(state: "healthy" | "unhealthy", message: string): Health {
  return { state, message, updatedAt: new Date() };
}

function unhealthy(error: unknown): Health {
  return health("unhealthy", error instanceof Error ? error.message : String(error));
}

/** What failed, as Go says it: a directory can be opened, but not read. */
function actionOf(error: unknown): string {
  return codeOf(error) === "EISDIR" ? "read" : "open";
}
