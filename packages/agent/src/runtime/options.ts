import type { Value } from "../schema/value.ts";
import type { BlockDefinition } from "../schema/fields.ts";
import type { LiveFeed } from "./inspect/live-feed.ts";
import type { ComponentSource, Logger, Metrics, Services, Stability } from "../component/index.ts";

/** Where parts of the program get their metrics: each scope adds its labels to all series below it and takes them away when it is closed. */
export interface MetricsScope extends Metrics {
  scope(labels: Readonly<Record<string, string>>): MetricsScope;
  /** Whether its series, and those of the scopes below, are shown. */
  show(wanted: boolean): void;
  close(): void;
}

/**
 * A part of the program that a configuration may configure by a block of its name, at the top level only: `http`, `livedebugging`. Services are
 * evaluated before components, and run next to them.
 */
export interface Service {
  readonly name: string;
  /** Absent: the block is refused. */
  readonly definition?: BlockDefinition<unknown>;
  /** Names of services that must be evaluated and started first, and stopped last. */
  readonly dependsOn?: readonly string[];
  /** Takes new arguments (defaults when there is no block), called only when they differ from the present ones. Throwing rejects them. */
  evaluate?(args: unknown): void | Promise<void>;
  /** Works until `signal` aborts. */
  run?(signal: AbortSignal): Promise<void>;
}

/** A block that configures the program itself: `logging`, `tracing`. At most one of each, at the top level only. */
export interface ConfigBlock {
  readonly name: string;
  readonly definition: BlockDefinition<unknown>;
  /** Takes new arguments (defaults when the block is absent), called only when they differ from the present ones. Throwing rejects them. */
  evaluate(args: unknown): void | Promise<void>;
}

/** Where the content of an import comes from: `import.file`, `import.http`. */
export interface ImportKind {
  readonly name: string;
  readonly definition: BlockDefinition<unknown>;
  /** Makes a reader that needs neither a network nor a place to keep things: whoever only looks at a configuration may use it. Absent: there is none. */
  local?(args: unknown, modulePath: string): ImportReader;
  /** Makes a reader for these arguments. Must not do anything yet. */
  open(args: unknown, context: ImportContext): ImportReader | Promise<ImportReader>;
}

export interface ImportContext {
  /** Global id of the import. */
  readonly id: string;
  /** A directory of its own below the storage path, not created. */
  readonly dataPath: string;
  readonly log: Logger;
  /** `module_path` of the body that has the import. */
  readonly modulePath: string;
  readonly services: Services;
}

/** Reads one import again and again. */
export interface ImportReader {
  /** Where the content comes from; an import of something that is being imported from there already goes in a circle. Absent: cannot. */
  readonly origin?: string;
  /** Imports that its content must not have. */
  readonly refuses?: ReadonlySet<string>;
  /** The content now. The text of the error is what is said about it. When `signal` aborts nobody waits for it any more. */
  read(signal?: AbortSignal): Promise<ImportedContent>;
  /** Calls `changed` when there may be something new to read, never while an earlier call is under way, until `signal` aborts. Absent: it never changes. */
  watch?(changed: () => Promise<void>, signal: AbortSignal): Promise<void>;
}

export interface ImportedContent {
  /** By name of the file. */
  readonly texts: ReadonlyMap<string, string>;
  /** The variable `module_path` of what is imported. */
  readonly modulePath: string;
}

/** What checking a configuration needs to know. */
export interface GraphOptions {
  readonly components: ReadonlyMap<string, ComponentSource>;
  readonly services: readonly Pick<Service, "name" | "definition" | "dependsOn">[];
  readonly configBlocks: readonly Pick<ConfigBlock, "name" | "definition">[];
  readonly imports: readonly Pick<ImportKind, "name" | "definition" | "local">[];
  readonly standardLibrary: ReadonlyMap<string, Value>;
  /** Features below this level are refused. */
  readonly stability: Stability;
  /** Whether components that the community maintains may be used. */
  readonly communityComponents: boolean;
}

export interface RuntimeOptions extends GraphOptions {
  readonly services: readonly Service[];
  readonly configBlocks: readonly ConfigBlock[];
  readonly imports: readonly ImportKind[];
  readonly log: Logger;
  /** Told what components publish. */
  readonly live?: LiveFeed;
  readonly metrics: MetricsScope;
  /** Handed to every component. */
  readonly componentServices: Services;
  /** Directory below which every component has a directory of its own. */
  readonly storagePath: string;
  /** How long a task may take to stop, in milliseconds; 0 means without limit. */
  readonly shutdownDeadlineMs: number;
  /** The variable `module_path` of the top level: the directory of the configuration. */
  readonly modulePath: string;
}
