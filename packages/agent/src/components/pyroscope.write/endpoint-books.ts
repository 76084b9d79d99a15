import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { JourneyHop } from "../../component/journey.ts";
import type { Logger } from "../../component/logger.ts";
import { EndpointLedger } from "./endpoint-ledger.ts";
import { EndpointQueue } from "./endpoint-queue.ts";
import type { QueueSettings } from "./queue-block.ts";
import { Refusals } from "./refusals.ts";
import type { EndpointMetrics, WriteMetrics } from "./write-metrics.ts";

/** What belongs to an endpoint whatever its settings are. */
export interface EndpointBook {
  readonly shownUrl: string;
  readonly metrics: EndpointMetrics;
  readonly ledger: EndpointLedger;
  readonly refusals: Refusals;
  /** Absent when nothing is kept and nothing is left from earlier. */
  readonly queue: EndpointQueue | undefined;
}

interface Entry extends EndpointBook {
  queue: EndpointQueue | undefined;
  /** Profiles in the folder that the ledger has counted: it was used before, and they stayed there when the endpoint went. */
  readonly carried: number;
  /** How many versions of the arguments use it. */
  users: number;
}

export interface EndpointBooksOptions {
  /** Holds a folder for each endpoint's queue; undefined: nothing is ever kept. */
  readonly folder: string | undefined;
  readonly metrics: WriteMetrics;
  /** By the endpoint's URL as it is shown. */
  readonly hop: (shownUrl: string) => JourneyHop;
  readonly log: Logger;
}

/** Ledger and queue of every endpoint of a component, by its key. They stay while some version of the arguments has the endpoint. */
export class EndpointBooks {
  readonly #options: EndpointBooksOptions;
  readonly #entries = new Map<string, Entry>();
  /** Of endpoints that are not configured any more, as long as profiles for them wait: those must not count again when it comes back. */
  readonly #left = new Map<string, EndpointLedger>();
  /** Queues that are being closed: a folder must not be opened before that has ended. */
  readonly #closing = new Map<string, Promise<void>>();

  constructor(options: EndpointBooksOptions) {
    this.#options = options;
  }

  get all(): readonly EndpointBook[] {
    return [...this.#entries.values()];
  }

  /** Each call needs its {@link release}. The settings are for a queue that is made now: those that are there go on with theirs until {@link configure}. */
  acquire(key: string, shownUrl: string, settings: QueueSettings): EndpointBook {
    const entry = this.#entries.get(key) ?? this.#create(key, shownUrl);
    entry.users += 1;
    if (entry.queue === undefined && this.#needsQueue(key, settings)) entry.queue = this.#createQueue(key, entry, settings);
    return entry;
  }

  /** For all queues, once the arguments with these settings are in force: limits that are refused must cost no profile. */
  configure(settings: QueueSettings): void {
    for (const { queue } of this.#entries.values()) queue?.configure(settings);
  }

  async release(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.users -= 1;
    if (entry.users > 0) return;
    this.#entries.delete(key);
    if (entry.ledger.totals.queued > 0) this.#left.set(key, entry.ledger);
    const closed = Promise.all([this.#closing.get(key), entry.queue?.close()]).then(() => {
      if (this.#closing.get(key) === closed) this.#closing.delete(key);
    });
    this.#closing.set(key, closed);
    await closed;
  }

  /** Folders in which profiles for endpoints wait that are not configured. */
  async orphans(): Promise<readonly string[]> {
    const { folder } = this.#options;
    if (folder === undefined) return [];
    try {
      const files = await readdir(folder, { recursive: true });
      const names = new Set(files.filter((file) => file.endsWith(".segment")).map((file) => dirname(file)));
      return [...names].filter((name) => !this.#entries.has(name)).map((name) => join(folder, name));
    } catch {
      return [];
    }
  }

  /** What was kept before the queue was switched off is still sent. */
  #needsQueue(key: string, { enabled }: QueueSettings): boolean {
    const { folder } = this.#options;
    return folder !== undefined && (enabled || existsSync(join(folder, key)));
  }

  #create(key: string, shownUrl: string): Entry {
    const { metrics: all, hop } = this.#options;
    const metrics = all.of(shownUrl);
    const ledger = this.#left.get(key) ?? new EndpointLedger({ metrics, accounts: all.accountsOf(shownUrl), hop: hop(shownUrl) });
    this.#left.delete(key);
    const { queued: carried } = ledger.totals;
    const entry: Entry = { shownUrl, metrics, ledger, carried, refusals: new Refusals(), queue: undefined, users: 0 };
    this.#entries.set(key, entry);
    return entry;
  }

  #createQueue(key: string, { shownUrl, ledger, carried }: Entry, settings: QueueSettings): EndpointQueue {
    const { folder = "", log } = this.#options;
    const after = this.#closing.get(key) ?? Promise.resolve();
    return new EndpointQueue({ folder: join(folder, key), shownUrl, settings, ledger, carried, log, after });
  }
}
